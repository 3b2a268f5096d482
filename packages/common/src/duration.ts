import type { Millis } from './brand.ts';
import { accepted, type Parsed, quoted, refused } from './parsed.ts';

/** Largest first: the order in which a duration is written. */
const units = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** A year and a week are read but never printed: `30d` says more at a glance than `4w2d`. */
const printed = units.filter(([unit]) => unit !== 'y' && unit !== 'w');

const form = /^(?:(\d+)y)? ?(?:(\d+)w)? ?(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m(?!s))? ?(?:(\d+)s)? ?(?:(\d+)ms)?$/;

/**
 * A span of time as a person writes it: `30d`, `1h30m`, `2w`, `1y`, `250ms`. Whole numbers, largest unit first. A year
 * is 365 days. There is no month: `m` is minutes here and months in restic's `--keep-within`, so a month is said in days.
 */
export const parseDuration = (text: string): Parsed<Millis> => {
  const match = /\d/.test(text) && text === text.trim() && text.length <= 60 ? form.exec(text) : null;
  if (match === null) return refused('duration', `${quoted(text)} is not a duration`, durationRemedy(text));
  const millis = units.reduce((sum, [, length], index) => sum + Number(match[index + 1] ?? 0) * length, 0);
  if (!isMillis(millis)) return refused('duration', `${quoted(text)} is too long`, 'Write at most 100000d.');
  return accepted(millis);
};

/** True for what can count milliseconds: a safe integer, not negative. */
export const isMillis = (value: number): value is Millis => Number.isSafeInteger(value) && value >= 0;

/** A span of time exactly, largest unit first: `30d`, `1h30m`, `0s`. `parseDuration` gives the same number back. */
export const formatDuration = (millis: Millis): string => {
  let rest: number = millis;
  let text = '';
  for (const [unit, length] of printed) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
};

const words: readonly (readonly [RegExp, string])[] = [
  [/^(\d+) ?(?:years?|yrs?)$/i, 'y'],
  [/^(\d+) ?(?:weeks?)$/i, 'w'],
  [/^(\d+) ?(?:days?)$/i, 'd'],
  [/^(\d+) ?(?:hours?|hrs?)$/i, 'h'],
  [/^(\d+) ?(?:minutes?|mins?)$/i, 'm'],
  [/^(\d+) ?(?:seconds?|secs?)$/i, 's'],
];

const durationRemedy = (text: string): string => {
  const trimmed = text.trim();
  if (/^[1-9]\d{0,5}$/.test(trimmed))
    return `Write the unit too, for example ${trimmed}d (days) or ${trimmed}h (hours).`;
  const months = /^(\d{1,4}) ?(?:mo|months?)$/i.exec(trimmed);
  if (months !== null) return `Write the months in days: ${Number(months[1]) * 30}d.`;
  for (const [pattern, unit] of words) {
    const match = pattern.exec(trimmed);
    if (match !== null) return `Write ${match[1]}${unit}.`;
  }
  if (/^\d+[ywdhms]$/i.test(trimmed)) return `Write ${trimmed.toLowerCase()}.`;
  return 'Write whole numbers with y, w, d, h, m or s, largest first, for example 30d or 1h30m.';
};
