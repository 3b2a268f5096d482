import type { Tone } from './standing.ts';

/** A pair of colours: what one reads, on what. Each pair has a contrast of at least 4.5 to 1. */
interface Pair {
  readonly text: string;
  readonly back: string;
}

/** The colours of one scheme. */
interface Scheme {
  readonly page: string;
  readonly card: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  /** What is to be typed or done. */
  readonly box: string;
  readonly tones: Readonly<Record<Tone, Pair>>;
}

/** Written inline, since some clients know no style sheet: Gmail's for accounts of others, Outlook's on Windows in part. */
export const light: Scheme = {
  ...{ page: '#eef1f4', card: '#ffffff', text: '#1c2430', muted: '#55606e', line: '#dde3e9', box: '#f3f5f8' },
  tones: {
    good: { text: '#14572f', back: '#dcf1e2' },
    notice: { text: '#1f4a75', back: '#dfeaf6' },
    warning: { text: '#6e4100', back: '#fbe8c8' },
    critical: { text: '#8c1c20', back: '#fbdcdc' },
  },
};

/** For clients that know `prefers-color-scheme`; the others make their own of the light one. */
export const dark: Scheme = {
  ...{ page: '#0f1419', card: '#1a2129', text: '#e6eaee', muted: '#a3aeba', line: '#2f3944', box: '#232c36' },
  tones: {
    good: { text: '#8be0a9', back: '#163a25' },
    notice: { text: '#9cc8f5', back: '#1b3450' },
    warning: { text: '#f3c46f', back: '#452f0c' },
    critical: { text: '#ffb3b3', back: '#4d1a1d' },
  },
};

/** Deep ones that carry white in both schemes: the verdict, and the days of the trend. */
export const deep: Readonly<Record<Tone, string>> = {
  ...{ good: '#17663a', notice: '#2c5a86', warning: '#8a5200', critical: '#a3262b' },
};

const tones = ['good', 'notice', 'warning', 'critical'] as const;

/** One letter a tone: a class is written many times. */
const letters: Readonly<Record<Tone, string>> = { good: 'g', notice: 'n', warning: 'w', critical: 'r' };

/** The class of a tone's pair of colours. */
export const toneClass = (tone: Tone): string => `p${letters[tone]}`;

/** A phone's screen: less at the edges, and what stood side by side one above the other. */
export const narrowStyle = `@media (max-width:520px){.s{padding-left:14px!important;padding-right:14px!important}.h{font-size:22px!important;line-height:28px!important}.d{display:block!important;width:auto!important;text-align:left!important;padding:0 0 6px!important}}`;

/**
 * The dark scheme: k a card, t text, m muted, l a line, x what to do, z an empty day. In a style element of its own, since Gmail drops a whole
 * one for a rule that it does not like.
 */
export const darkStyle = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
body,.b,.b>div{background:${dark.page}!important}
.k{background:${dark.card}!important}
.k,.t{color:${dark.text}!important}
.m{color:${dark.muted}!important}
.l{border-color:${dark.line}!important}
.x{background:${dark.box}!important}
.z{background:${dark.line}!important;color:${dark.muted}!important}
${tones.map((tone) => `.${toneClass(tone)}{color:${dark.tones[tone].text}!important;background:${dark.tones[tone].back}!important}`).join('\n')}
}`;
