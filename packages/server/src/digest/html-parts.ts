import { html } from 'hono/html';
import type { TrendDay } from '../monitor/overview.ts';
import { deep, light, toneClass } from './palette.ts';
import { remedyParts } from './remedy.ts';
import { signs, type Tone } from './standing.ts';

/** Markup in which every value is escaped: what hono's `html` makes. */
export type Markup = ReturnType<typeof html>;

/** Outlook on Windows takes the first of these that it has; nothing is ever loaded. */
export const font = "-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";

/** A word on its colour, with a sign before it. */
export const pill = (tone: Tone, word: string): Markup => {
  const { text, back } = light.tones[tone];
  return html`<span class="${toneClass(tone)}" style="background:${back};color:${text};border-radius:4px;padding:2px 7px;font-size:12px;font-weight:700;white-space:nowrap">${signs[tone]}&nbsp;${word}</span>`;
};

/** What is less important than what stands beside it. */
export const muted = (words: string): Markup => html`<span class="m" style="color:${light.muted}">${words}</span>`;

/** What is to be done, its commands on lines of their own as one types them. */
export const remedyMarkup = (remedy: string): readonly Markup[] =>
  remedyParts(remedy).map(({ words, command }, index) => {
    const before = index === 0 ? html`<b>Do:</b> ${words}` : html`${words}`;
    if (command === null) return html`<div>${before}</div>`;
    return html`<div>${before}<br><code style="font:700 13px/20px Consolas,Menlo,monospace">${command}</code></div>`;
  });

/** Fourteen days as cells: a colour and a sign each, the same in words for who sees neither. */
export const trendCells = (trend: readonly TrendDay[], words: string): Markup =>
  html`<table role="img" aria-label="${words}" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate;border-spacing:2px 0;font:700 11px/18px Arial,sans-serif;color:#ffffff;text-align:center"><tr>${trend.map(
    ({ outcome }) => cells[outcome],
  )}</tr></table>`;

const cell = (color: string, sign: string): Markup =>
  html`<td width="9" height="18" bgcolor="${color}">${sign === '' ? html`&nbsp;` : sign}</td>`;

const cells: Readonly<Record<TrendDay['outcome'], Markup>> = {
  good: cell(deep.good, ''),
  warned: cell(deep.warning, '!'),
  failed: cell(deep.critical, '\u00d7'),
  none: html`<td class="z" width="9" bgcolor="${light.line}" style="color:${light.muted}">&middot;</td>`,
};
