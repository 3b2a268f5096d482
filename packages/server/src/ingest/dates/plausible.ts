/** A day that may be when a photo was taken. */
export interface Day {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
}

/** No phone took a photo before; cameras that lost their clock say 1970 or 1980. */
const firstYear = 1990;
/** This was written then: a server whose clock says less has lost it, and photos keep the place that they are given. */
const thisYear = 2026;

/**
 * The day, where it exists in the calendar and lies between 1990 and the year after `nowMs`, or 2027; null otherwise: a clock that
 * was never set says `0000:00:00`, and one that is wrong says anything.
 */
export const plausible = (year: number, month: number, day: number, nowMs: number): Day | null => {
  const lastYear = Math.max(thisYear, new Date(nowMs).getUTCFullYear()) + 1;
  if (!(year >= firstYear && year <= lastYear)) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { year, month } : null;
};

/** The first day that `text` begins with, such as `2026:11:14 18:03:22` or `2026-11-14T18:03:22+0100`: its own wall clock. */
export const dayIn = (text: string, nowMs: number): Day | null => {
  const [, year, month, day] = /^\s*(\d{4})[-:./](\d{2})[-:./](\d{2})(?!\d)/.exec(text) ?? [];
  return year === undefined ? null : plausible(Number(year), Number(month), Number(day), nowMs);
};

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the calendar in `timeZone` says at `atMs`; UTC's where there is no such zone. */
export const dayAt = (atMs: number, timeZone: string, nowMs: number): Day | null => {
  if (!(Math.abs(atMs) <= 8.64e15)) return null;
  const part = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return plausible(part['year'] ?? 0, part['month'] ?? 0, part['day'] ?? 0, nowMs);
};

const clockOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const clock = makeClock(timeZone) ?? new Intl.DateTimeFormat('en-US', { ...fields, timeZone: 'UTC' });
  clocks.set(timeZone, clock);
  return clock;
};

const fields = { year: 'numeric', month: 'numeric', day: 'numeric', calendar: 'gregory' } as const;

const makeClock = (timeZone: string): Intl.DateTimeFormat | null => {
  try {
    return new Intl.DateTimeFormat('en-US', { ...fields, timeZone });
  } catch {
    return null;
  }
};
