import { formatSize, isBytes } from '@berth/common/size.ts';

/** A size for people; a dash where it is not known. */
export const sizeWords = (bytes: number | null): string => {
  if (bytes === null) return '–';
  const whole = Math.round(bytes);
  return isBytes(whole) ? formatSize(whole) : '–';
};

/** `1 source`, `30 sources`. */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** A span that lies ahead, in whole days as the digest counts them: `now`, `within a day`, `in 140 days`. */
export const inWords = (ms: number): string =>
  ms <= 0 ? 'now' : ms < dayMs ? 'within a day' : `in ${count(Math.floor(ms / dayMs), 'day')}`;

/** The server's wall clock: `07:00`. */
export const clockWords = (atMs: number, timeZone: string): string => formatsIn(timeZone).clock.format(atMs);

/** A moment of the past or the future: `Sat 21 Nov, 07:00`; with its year where it is not of this one. */
export const stampWords = (atMs: number, nowMs: number, timeZone: string): string => {
  const { clock, date, year } = formatsIn(timeZone);
  const ofYear = year.format(atMs) === year.format(nowMs) ? '' : ` ${year.format(atMs)}`;
  return `${date.format(atMs).replace(',', '')}${ofYear}, ${clock.format(atMs)}`;
};

/** A day without its time: `Sat 10 Apr 2027`. */
export const dayWords = (atMs: number, timeZone: string): string => {
  const { date, year } = formatsIn(timeZone);
  return `${date.format(atMs).replace(',', '')} ${year.format(atMs)}`;
};

/** `2026-11-21` as `21 Nov`. */
export const shortDay = (day: string): string => {
  const [, month = '', date = ''] = day.split('-');
  return `${Number(date)} ${'JanFebMarAprMayJunJulAugSepOctNovDec'.slice(3 * Number(month) - 3, 3 * Number(month))}`;
};

/** Minutes after midnight as a clock: `06:00`. */
export const minuteWords = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

const dayMs = 86_400_000;

interface Formats {
  readonly clock: Intl.DateTimeFormat;
  readonly date: Intl.DateTimeFormat;
  readonly year: Intl.DateTimeFormat;
}

const made = new Map<string, Formats>();

/** Made once for each zone: they are slow to make, and a page asks a thousand times. */
const formatsIn = (timeZone: string): Formats => {
  const known = made.get(timeZone);
  if (known !== undefined) return known;
  const formats = {
    clock: new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' }),
    date: new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' }),
    year: new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric' }),
  };
  made.set(timeZone, formats);
  return formats;
};
