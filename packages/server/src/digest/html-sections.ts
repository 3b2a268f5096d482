import { html } from 'hono/html';
import { type Markup, muted, pill, remedyMarkup, trendCells } from './html-parts.ts';
import type { DigestModel, Need, SourceStory } from './model.ts';
import { deep, light } from './palette.ts';
import { signs, standingWords, type Tone } from './standing.ts';

/** The verdict: what one sees first, and may be all that one reads. */
export const verdict = ({ tone, headline, counts, server, now, url }: DigestModel): Markup => html`<tr>
<td class="s" bgcolor="${deep[tone]}" style="background:${deep[tone]};color:#ffffff;border-radius:8px;padding:20px 24px">
<div style="font-size:13px;line-height:18px;color:#ffffff">berth on ${server} &middot; ${now}</div>
<h1 class="h" style="margin:6px 0 4px;font-size:26px;line-height:32px;font-weight:700;color:#ffffff">${signs[tone]}&nbsp; ${headline}</h1>
<div style="font-size:15px;line-height:22px;color:#ffffff">${counts}</div>
${url === null ? '' : html`<div style="margin-top:8px;font-size:13px;line-height:18px"><a href="${url}" style="color:#ffffff">Open the status page</a></div>`}
</td></tr>`;

/** How soon. */
const urgency: Readonly<Record<Need['severity'], { readonly tone: Tone; readonly word: string }>> = {
  critical: { tone: 'critical', word: 'now' },
  warning: { tone: 'warning', word: 'today' },
  notice: { tone: 'notice', word: 'when there is time' },
};

export const needCard = (need: Need, number: number): Markup => {
  const { tone, word } = urgency[need.severity];
  return html`<tr><td style="padding-top:10px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td width="6" bgcolor="${deep[tone]}" style="border-radius:6px 0 0 6px;font-size:0">&nbsp;</td>
<td class="k s" bgcolor="${light.card}" style="background:${light.card};color:${light.text};border-radius:0 6px 6px 0;padding:14px 20px 16px;font-size:14px;line-height:20px">
<h3 style="margin:0 0 6px;font-size:17px;line-height:23px;font-weight:700">${need.severity === 'notice' ? '' : `${number}. `}${need.title} ${pill(tone, word)}</h3>
${need.texts.map((text) => html`<div style="margin:0 0 4px">${text}</div>`)}
${need.since === '' ? '' : html`<div style="font-size:13px">${muted(need.since)}</div>`}
${need.remedies.map(
  (words) =>
    html`<div class="x" style="background:${light.box};border-radius:4px;padding:8px 12px;margin-top:8px">${remedyMarkup(words)}</div>`,
)}
</td></tr></table></td></tr>`;
};

export const heading = (words: string, aside = ''): Markup =>
  html`<tr><td class="t" style="padding:26px 2px 8px;color:${light.text}"><h2 style="display:inline;margin:0;font-size:18px;line-height:24px;font-weight:700">${words}</h2>${aside === '' ? '' : html` <span class="m" style="color:${light.muted};font-size:13px">${aside}</span>`}</td></tr>`;

/** A white card around rows of its own. */
export const card = (content: readonly Markup[]): Markup =>
  html`<tr><td class="k s" bgcolor="${light.card}" style="background:${light.card};color:${light.text};border-radius:8px;padding:6px 20px 10px;font-size:14px;line-height:20px">${content}</td></tr>`;

const line = (isFirst: boolean): string => (isFirst ? '' : `border-top:1px solid ${light.line};`);

export const sourceBlock = (source: SourceStory, index: number): Markup => {
  const { word, tone } = standingWords[source.standing];
  return html`<div class="l" style="${line(index === 0)}padding:10px 0 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="d" style="padding-bottom:4px"><b style="font-size:16px">${source.name}</b> &nbsp;${pill(tone, word)}</td><td class="d" align="right" width="154" valign="top" style="padding-top:2px">${trendCells(source.trend, source.trendWords)}</td></tr></table>
${source.words === null ? '' : html`<div style="margin-bottom:3px"><b>${source.words}</b></div>`}
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="font-size:13px;line-height:19px">${source.facts.map(
    ({ label, value }) =>
      html`<tr><td width="82" valign="top" class="m" style="color:${light.muted}">${label}</td><td>${unbroken(value)}</td></tr>`,
  )}</table></div>`;
};

/** A number stays with its unit. */
const unbroken = (words: string): string =>
  words.replace(/(\d) (?=(?:h|d|min) ago|[KMGTP]?i?B\b)/gu, '$1\u00a0').replace(/ ago\b/gu, '\u00a0ago');

/** A line of a list: what, and about it. */
export const item = (words: Markup, index: number): Markup =>
  html`<div class="l" style="${line(index === 0)}padding:7px 0">${words}</div>`;

/** How much of the disk is used, as a bar; the same is said in words beside it. */
export const bar = (percent: number): Markup => {
  const tone: Tone = percent >= 95 ? 'critical' : percent >= 85 ? 'warning' : 'good';
  const used = Math.min(99, Math.max(1, percent));
  return html`<table role="img" aria-label="${percent}% of the disk are used" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 6px"><tr><td width="${used}%" height="12" bgcolor="${deep[tone]}" style="font-size:0;line-height:12px">&nbsp;</td><td class="z" height="12" bgcolor="${light.line}" style="font-size:0;line-height:12px">&nbsp;</td></tr></table>`;
};
