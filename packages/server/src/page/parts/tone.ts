import { type Tone as DigestTone, type Standing, standingWords } from '../../digest/standing.ts';
import type { Severity } from '../../events/condition.ts';
import { html, type Markup } from './markup.ts';

/** How bad something is, for a colour that never stands alone: beside it is always a word, and a symbol of its own shape. */
export type Tone = 'ok' | 'warn' | 'bad' | 'idle';

export type Icon = Standing | 'running' | 'waiting' | 'notice';

/** The digest's tones, by symbol and colour. */
export const digestTone: Readonly<Record<DigestTone, { readonly tone: Tone; readonly icon: Icon }>> = {
  good: { tone: 'ok', icon: 'fine' },
  notice: { tone: 'idle', icon: 'notice' },
  warning: { tone: 'warn', icon: 'warned' },
  critical: { tone: 'bad', icon: 'danger' },
};

/** How bad it is that a source stands so; its word is the digest's, and its symbol is called as it is. */
export const standingLook = (standing: Standing): { readonly word: string; readonly tone: Tone } => {
  const { word, tone } = standingWords[standing];
  return { word, tone: digestTone[tone].tone };
};

/** What a severity is called. */
export const severityLook: Readonly<
  Record<Severity, { readonly word: string; readonly tone: Tone; readonly icon: Icon }>
> = {
  critical: { word: 'do it now', ...digestTone.critical },
  warning: { word: 'do it today', ...digestTone.warning },
  notice: { word: 'can wait', ...digestTone.notice },
};

const shapes: Readonly<Record<Icon, Markup>> = {
  fine: html`<circle cx="8" cy="8" r="7"/><path class="k" d="M4.6 8.3l2.3 2.3 4.6-4.9"/>`,
  warned: html`<path d="M8 .8l7.4 13.6H.6z"/><path class="k" d="M8 5.6v4.2M8 12v.2"/>`,
  never: html`<circle class="o" cx="8" cy="8" r="6.2"/>`,
  failing: html`<circle cx="8" cy="8" r="7"/><path class="k" d="M5.4 5.4l5.2 5.2m0-5.2l-5.2 5.2"/>`,
  danger: html`<path d="M8 .4L15.6 8 8 15.6.4 8z"/><path class="k" d="M8 4.6v3.9M8 11.1v.2"/>`,
  overdue: html`<circle cx="8" cy="8" r="7"/><path class="k" d="M8 3.9v4.4l2.8 1.6"/>`,
  unreadable: html`<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/><path class="k" d="M4.6 8h6.8"/>`,
  running: html`<path d="M3.5 1.6l10 6.4-10 6.4z"/>`,
  waiting: html`<circle cx="3" cy="8" r="1.8"/><circle cx="8" cy="8" r="1.8"/><circle cx="13" cy="8" r="1.8"/>`,
  notice: html`<circle class="o" cx="8" cy="8" r="6.6"/><path class="n" d="M8 7.2v4.2M8 4.6v.2"/>`,
};

/** The symbols' shapes, once a page; `icon` uses them. */
export const sprite = (): Markup =>
  html`<svg class="gone" aria-hidden="true">${Object.entries(shapes).map(
    ([name, shape]) => html`<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`,
  )}</svg>`;

/** A symbol, for the eye only: what it says stands beside it. */
export const icon = (name: Icon, tone: Tone): Markup =>
  html`<svg class="i ${tone}" aria-hidden="true"><use href="#i-${name}"/></svg>`;

/** How far something is (0 to 1, more is full), for the eye only: the number stands beside it. */
export const bar = (share: number, tone: Tone, tick: number | null = null): Markup => {
  const at = (value: number): string => (Math.min(1, Math.max(0, value)) * 100).toFixed(1).replace(/\.0$/, '');
  return html`<svg class="b" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect class="${tone}" width="${at(share)}" height="1"/>${
    tick === null ? null : html`<path class="t" d="M${at(tick)} 0v1"/>`
  }</svg>`;
};
