import { printable } from '@berth/common/parsed.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import { isTimeZone } from '../coordinator/plan/local-time.ts';
import { forHowLong } from '../status/age.ts';
import { agoWords, slotWords, wallClock } from '../status/when.ts';

/** What is not known, as the digest shows it. */
export const unknown = '-';

/**
 * Somebody else's words as one line of at most `longest` characters: whatever could end a line, move a cursor or turn the reading direction
 * is a space or is shown escaped, and marks are not piled over what stands beside them.
 */
export const plain = (text: string, longest: number): string =>
  printable(
    text
      .slice(0, 4 * longest)
      .replace(/[\s\u0085\u2028\u2029]+/gu, ' ')
      .trim()
      .replace(/^\p{M}/u, '\u25cc$&')
      .replace(/(\p{M}{3})\p{M}+/gu, '$1'),
    longest,
  );

/** Every word about time is by this clock. Never throws: what is no moment is `-`. */
export interface Clock {
  /** `5 h ago`. */
  readonly ago: (atMs: number | null) => string;
  /** `today 02:10`, `Mon 02:10`, `12 Oct 02:10`, `12 Oct 2025`. */
  readonly moment: (atMs: number | null) => string;
  /** `tonight 02:40`, `due now`. */
  readonly slot: (atMs: number | null) => string;
  /** `10 Apr 2027`. */
  readonly date: (atMs: number | null) => string;
  /** `Saturday 21 November 2026, 07:00`. */
  readonly now: string;
}

/** The clock on the wall at `nowMs` (UTC milliseconds). A zone that does not exist is UTC. */
export const clockAt = (nowMs: number, timeZone: string): Clock => {
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC';
  const safely =
    (words: (atMs: number) => string) =>
    (atMs: number | null): string =>
      atMs === null || !isMoment(atMs) || !isMoment(nowMs) ? unknown : words(atMs);
  const date = (atMs: number): string => `${wallClock(atMs, zone).date} ${yearOf(atMs, zone)}`;
  const moment = (atMs: number): string => {
    const [then, now] = [wallClock(atMs, zone), wallClock(nowMs, zone)];
    const days = now.day - then.day;
    if (days === 0) return `today ${then.clock}`;
    if (days > 0 && days < 7) return `${then.weekday} ${then.clock}`;
    return Math.abs(days) < 180 ? `${then.date} ${then.clock}` : date(atMs);
  };
  return {
    ago: safely((atMs) => agoWords(atMs, nowMs)),
    moment: safely(moment),
    slot: safely((atMs) => slotWords(atMs, nowMs, zone)),
    date: safely(date),
    now: safely((atMs) => longDate(atMs, zone))(nowMs),
  };
};

const isMoment = (atMs: number): boolean =>
  Number.isFinite(atMs) && Math.abs(atMs) <= 8_640_000_000_000_000 - 86_400_000;

const yearOf = (atMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric' }).format(atMs);

const longDate = (atMs: number, timeZone: string): string => {
  const day = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  }).format(atMs);
  return `${day}, ${wallClock(atMs, timeZone).clock}`;
};

/** A span in its two largest units: `12m5s`. */
export const span = (millis: number): string => forHowLong(millis) || unknown;

/** A size: `1.5 GiB`; `-` for what is none. */
export const size = (bytes: number | null): string => {
  const whole = bytes === null ? Number.NaN : Math.round(bytes);
  return isBytes(whole) ? formatSize(whole) : unknown;
};

/** `1 source`, `3 sources`. */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** `a, b and 3 more`: at most `most` of them by name. */
export const named = (names: readonly string[], most: number): string =>
  names.length <= most
    ? list(names)
    : `${names.slice(0, most).join(', ')}${most === 0 ? '' : ' and '}${names.length - most}${most === 0 ? '' : ' more'}`;

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
