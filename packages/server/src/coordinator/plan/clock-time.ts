/** Minutes of a day by the wall clock, on all but two days of the year. */
export const minutesADay = 1440;

/** The minute of the day that two numbers of a clock say, 0 to 1440; null where they say none. */
export const minuteOf = (hours: string | undefined, minutes: string | undefined): number | null => {
  if (hours === undefined || minutes === undefined || Number(minutes) > 59) return null;
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= minutesADay ? minute : null;
};

/** A minute of the day as a clock shows it: `06:00`. */
export const formatClock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

/** What a person most likely means by `6am`, `6`, `6.30` or `24:00`: a minute of the day, 0 to 1439; null where nobody knows. */
export const readClock = (text: string): number | null => {
  const match = /^(\d{1,2})(?:[:.h](\d{2})|)h? ?(am|pm|)$/i.exec(text.trim());
  return match === null ? null : onTheClock(match);
};

/** 12am is midnight, 12pm noon. */
const onTheClock = ([, hours, minutes = '00', half = '']: readonly (string | undefined)[]): number | null => {
  const isHalf = half !== '';
  if (isHalf && (Number(hours) < 1 || Number(hours) > 12)) return null;
  const hour = isHalf ? (Number(hours) % 12) + (/pm/i.test(half) ? 12 : 0) : Number(hours);
  const minute = minuteOf(String(hour), minutes);
  return minute === null ? null : minute % minutesADay;
};

const two = (value: number): string => String(value).padStart(2, '0');
