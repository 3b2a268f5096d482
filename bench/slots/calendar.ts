export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** The wall clock of one time zone. Days are local dates, counted from 1970-01-01. */
export interface Calendar {
  /**
   * The UTC milliseconds of a wall clock's time; `minute` may pass 1440, into the next day. An hour that does not exist is the
   * moment after the gap, an hour that comes twice is its first time: what a good cron does with both.
   */
  at(day: number, minute: number): number;
  dayOf(atMs: number): number;
}

/** It knows the changes of the clock between the two moments, to the hour; beyond them the nearest offset goes on. */
export const makeCalendar = (timeZone: string, fromMs: number, toMs: number): Calendar => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const offsetAt = (atMs: number): number => {
    const [day = 0, month = 1, year = 0, hour = 0, minute = 0, second = 0] =
      format.format(atMs).match(/\d+/g)?.map(Number) ?? [];
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  };
  const first = Math.floor(fromMs / hourMs) * hourMs;
  const stretches = [{ sinceMs: Number.NEGATIVE_INFINITY, offsetMs: offsetAt(first) }];
  for (let atMs = first; atMs <= toMs; atMs += hourMs) {
    const offsetMs = offsetAt(atMs);
    if (offsetMs !== stretches.at(-1)?.offsetMs) stretches.push({ sinceMs: atMs, offsetMs });
  }
  return {
    at: (day, minute) => {
      const wall = day * dayMs + minute * minuteMs;
      const found = stretches.findIndex(
        ({ offsetMs }, index) => wall - offsetMs < (stretches[index + 1]?.sinceMs ?? Number.POSITIVE_INFINITY),
      );
      const { sinceMs, offsetMs } = stretches[found] ?? { sinceMs: 0, offsetMs: 0 };
      return Math.max(sinceMs, wall - offsetMs);
    },
    dayOf: (atMs) => {
      const offsetMs = stretches.findLast(({ sinceMs }) => sinceMs <= atMs)?.offsetMs ?? 0;
      return Math.floor((atMs + offsetMs) / dayMs);
    },
  };
};
