import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { formatClock, minuteOf, minutesADay, readClock } from './clock-time.ts';

/** The hours in which a source may run, by the wall clock: minutes after local midnight. `from` after `to` goes over midnight. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

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
export const formatWindow = ({ from, to }: Window): string => `${formatClock(from)}-${formatClock(to)}`;

/** How many minutes a window has by the wall clock: 1 to 1439. */
export const windowMinutes = ({ from, to }: Window): number => (to - from + minutesADay) % minutesADay;

/** Whether a minute of the day lies in a window. */
export const isWithin = ({ from, to }: Window, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;

const remedyFor = (text: string): string => {
  const [from, to, ...more] = text.split(/\s*(?:-|–|—|to|till|until|bis)\s*/i).map(readClock);
  if (from == null || to == null || more.length > 0 || from === to) {
    return 'Write two times of the day, for example window: 22:00-06:00; or window: always.';
  }
  return `Write ${formatClock(from)}-${formatClock(to)}.`;
};
