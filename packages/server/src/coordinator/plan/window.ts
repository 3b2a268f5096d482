import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';

/** The hours in which a source may run, by the wall clock: minutes after local midnight. `from` after `to` goes over midnight. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Minutes of a day by the wall clock, on all but two days of the year. */
export const minutesADay = 1440;

/** A window as a person writes it: `22:00-06:00`. Midnight is `00:00`, or `24:00` where the window ends. */
export const parseWindow = (text: string): Parsed<Window> => {
  const match = /^(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})$/.exec(text);
  const from = minuteOf(match?.[1], match?.[2]);
  const to = minuteOf(match?.[3], match?.[4]);
  if (from === null || from === minutesADay || to === null) {
    return refused('window', `${quoted(text)} is no window`, remedyFor(text));
  }
  if (from === to % minutesADay) {
    const remedy = 'Write window: always for any time of the day, or two different times, for example 22:00-06:00.';
    return refused('window', `a window of ${quoted(text)} begins where it ends`, remedy);
  }
  return accepted({ from, to: to % minutesADay });
};

/** As `parseWindow` reads it. */
export const formatWindow = ({ from, to }: Window): string => `${clock(from)}-${clock(to)}`;

/** How many minutes a window has by the wall clock: 1 to 1439. */
export const windowMinutes = ({ from, to }: Window): number => (to - from + minutesADay) % minutesADay;

/** Whether a minute of the day lies in a window. */
export const isWithin = ({ from, to }: Window, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;

const minuteOf = (hours: string | undefined, minutes: string | undefined): number | null => {
  if (hours === undefined || minutes === undefined || Number(minutes) > 59) return null;
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= minutesADay ? minute : null;
};

const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

const two = (value: number): string => String(value).padStart(2, '0');

const remedyFor = (text: string): string => {
  const [from, to, ...more] = text
    .split(/\s*(?:-|–|—|to|till|until|bis)\s*/i)
    .map((side) => /^(\d{1,2})(?:[:.h](\d{2})|)h? ?(am|pm|)$/i.exec(side.trim()))
    .map((side) => (side === null ? null : onTheClock(side)));
  if (from == null || to == null || more.length > 0 || from === to) {
    return 'Write two times of the day, for example window: 22:00-06:00; or window: always.';
  }
  return `Write ${clock(from)}-${clock(to)}.`;
};

/** 12am is midnight, 12pm noon. */
const onTheClock = ([, hours, minutes = '00', half = '']: readonly (string | undefined)[]): number | null => {
  const isHalf = half !== '';
  if (isHalf && (Number(hours) < 1 || Number(hours) > 12)) return null;
  const hour = isHalf ? (Number(hours) % 12) + (/pm/i.test(half) ? 12 : 0) : Number(hours);
  const minute = minuteOf(String(hour), minutes);
  return minute === null ? null : minute % minutesADay;
};
