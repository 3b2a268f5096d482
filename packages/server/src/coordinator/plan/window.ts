import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';

/** The hours in which a source may run, by the wall clock: minutes after local midnight. `from` after `to` goes over midnight. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Minutes of a day by the wall clock, on all but two days of the year. */
export const minutesADay = 1440;

/** A window as a person writes it: `22:00-06:00`. `24:00` is midnight. Never a whole day: that is no window. */
export const parseWindow = (text: string): Parsed<Window> => {
  const match = /^(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})$/.exec(text);
  const from = match === null ? null : minuteOf(match[1], match[2]);
  const to = match === null ? null : minuteOf(match[3], match[4]);
  if (from === null || to === null) return refused('window', `${quoted(text)} is not a window`, remedyFor(text));
  if (from === to) {
    return refused('window', `${quoted(text)} begins where it ends`, 'Write always for the whole day.');
  }
  return accepted({ from, to });
};

/** As `parseWindow` reads it: `22:00-06:00`. */
export const formatWindow = (window: Window): string => `${formatMinute(window.from)}-${formatMinute(window.to)}`;

/** A minute of the day as people write it: `06:05`. */
export const formatMinute = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** How many minutes a window has by the wall clock: 1 to 1439. */
export const windowMinutes = (window: Window): number =>
  (((window.to - window.from) % minutesADay) + minutesADay) % minutesADay || minutesADay;

const minuteOf = (hours: string | undefined, minutes: string | undefined): number | null => {
  const [hour, minute] = [Number(hours), Number(minutes)];
  if (hour === 24 && minute === 0) return 0;
  return hour < 24 && minute < 60 ? hour * 60 + minute : null;
};

const usual = 'Write it from when to when by the 24-hour clock: 22:00-06:00.';

/** Whole hours and the clock with am and pm are understood well enough to say how they are written here. */
const remedyFor = (text: string): string => {
  const match = /^(\d{1,2})(?::?(\d{2}))? ?([ap]m)? ?(?:-|–|to) ?(\d{1,2})(?::?(\d{2}))? ?([ap]m)?$/i.exec(text.trim());
  if (match === null) return usual;
  const from = clock(match[1], match[2], match[3]);
  const to = clock(match[4], match[5], match[6]);
  return from === null || to === null || from === to ? usual : `Write ${formatWindow({ from, to })}.`;
};

const clock = (hours: string | undefined, minutes: string | undefined, half: string | undefined): number | null => {
  const hour = Number(hours);
  if (half === undefined) return minuteOf(hours, minutes ?? '00');
  if (hour < 1 || hour > 12) return null;
  return minuteOf(String((hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)), minutes ?? '00');
};
