import { minutesADay } from './clock-time.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** A moment as a clock on the wall shows it. */
export interface Wall {
  /** Days since 1970-01-01, by the local calendar. */
  readonly day: number;
  /** Minutes after midnight. */
  readonly minute: number;
}

/** The wall clock of one IANA zone. Cheap to ask: a day's offsets are looked up once. */
export interface LocalTime {
  readonly wallAt: (utcMs: number) => Wall;
  /**
   * When that clock shows `minute` of `day`, in UTC milliseconds. `minute` may go over the ends of its day. Of a time that
   * comes twice `first` and `last` are the two; of one that does not exist both are what it would be had the clock not been
   * changed yet, and `skippedTo` is the moment of the change. Otherwise they are the same.
   */
  readonly utcOf: (day: number, minute: number) => { first: number; last: number; skippedTo: number | null };
}

/** Whether the runtime knows this zone by name. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const known = new Map<string, LocalTime>();

/** The wall clock of `timeZone`; throws RangeError for a name that `isTimeZone` refuses. */
export const localTime = (timeZone: string): LocalTime => {
  const before = known.get(timeZone);
  if (before !== undefined) return before;
  const made = make(timeZone);
  known.set(timeZone, made);
  return made;
};

/** What holds around one day: the offset before a change, and that after it. Milliseconds to add to UTC. */
interface Offsets {
  readonly before: number;
  readonly after: number;
  /** When it changes; Infinity where it does not. */
  readonly changeMs: number;
}

const make = (timeZone: string): LocalTime => {
  const formatter = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsetAt = (utcMs: number): number => parseOffset(formatter.format(utcMs));
  const days = new Map<number, Offsets>();

  const offsetsAround = (day: number): Offsets => {
    const found = days.get(day);
    if (found !== undefined) return found;
    // Zones are between UTC-12 and UTC+14: every moment of the local day lies between these two.
    const made = offsetsBetween(offsetAt, day * dayMs - 15 * hourMs, (day + 1) * dayMs + 13 * hourMs);
    days.set(day, made);
    return made;
  };

  return {
    wallAt: (utcMs) => {
      const offsets = offsetsAround(Math.floor(utcMs / dayMs));
      const shown = utcMs + (utcMs < offsets.changeMs ? offsets.before : offsets.after);
      const day = Math.floor(shown / dayMs);
      return { day, minute: Math.floor((shown - day * dayMs) / minuteMs) };
    },
    utcOf: (day, minute) => {
      const shown = day * dayMs + minute * minuteMs;
      const { before, after, changeMs } = offsetsAround(day + Math.floor(minute / minutesADay));
      const early = shown - before;
      const late = shown - after;
      if (changeMs === Number.POSITIVE_INFINITY) return { first: early, last: early, skippedTo: null };
      if (early < changeMs) {
        return { first: early, last: late >= changeMs ? late : early, skippedTo: null };
      }
      return late >= changeMs
        ? { first: late, last: late, skippedTo: null }
        : { first: early, last: early, skippedTo: changeMs };
    },
  };
};

/** `11/21/2026, GMT+01:00`, or `GMT` alone. */
const parseOffset = (text: string): number => {
  const match = /GMT(?:([+\u2212-])(\d{1,2}):?(\d{2})?(?::(\d{2}))?)?$/.exec(text);
  if (match === null) throw new Error(`no offset in ${text}`);
  const seconds = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === '+' ? 1 : -1) * seconds * 1000;
};

/** Looks for the one change between two moments. No zone has two changes within days of each other. */
const offsetsBetween = (offsetAt: (utcMs: number) => number, fromMs: number, toMs: number): Offsets => {
  const before = offsetAt(fromMs);
  const after = offsetAt(toMs);
  if (before === after) return { before, after, changeMs: Number.POSITIVE_INFINITY };
  let [low, high] = [fromMs / minuteMs, toMs / minuteMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * minuteMs) === before) low = middle;
    else high = middle;
  }
  return { before, after, changeMs: high * minuteMs };
};
