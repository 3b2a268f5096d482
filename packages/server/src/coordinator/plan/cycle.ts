import { minutesADay } from './clock-time.ts';
import { type Demand, runOffset } from './demand.ts';
import type { Place } from './plan.ts';

/**
 * How many runs there are at each minute of an ideal stretch of days, in which every day has 24 hours. Its end is joined to
 * its beginning: it stands for all days to come.
 */
export interface Cycle {
  /** The most others at any minute of this demand, were it put there; stops counting at `enough`. */
  readonly level: (demand: Demand, place: Place, enough: number) => number;
  /** `level` of every start that the demand has on the days that are `day` in its period; valid until the next call. */
  readonly levels: (demand: Demand, day: number) => Uint16Array;
  /** How many there are at each minute of those starts and of the runs that begin there; valid until the next call. */
  readonly profile: (demand: Demand, day: number) => Uint16Array;
  readonly add: (demand: Demand, place: Place) => void;
  /** Takes away what was added. */
  readonly remove: (demand: Demand, place: Place) => void;
  /** The days of a period, the emptiest first, and of equals the soonest. */
  readonly emptiestDays: (periodDays: number) => readonly number[];
}

/** Longer cycles would cost more than what they see coming is worth: nights are put in order one by one anyway. */
const longestCycle = 60;

/** So many days have every combination of these periods, as long as that are at most 60. */
export const cycleDays = (demands: readonly Demand[]): number => {
  let days = 1;
  for (const period of new Set(demands.map((demand) => demand.periodDays))) {
    days = (days / commonDivisor(days, period)) * period;
    if (days > longestCycle) return longestCycle;
  }
  return days;
};

/** An empty cycle of `days` days, the first of which is `today` (days since 1970-01-01). */
export const emptyCycle = (days: number, today: number): Cycle => {
  // What runs every day is counted once, what runs on some days per day: a daily one then costs the same in any cycle.
  const daily = new Uint16Array(minutesADay);
  const some = new Uint16Array(days * minutesADay);
  const worst = new Uint16Array(minutesADay);
  const loads = new Float64Array(days);
  // Used again by every call: ten thousand sources would otherwise leave as many arrays behind.
  let profile = new Uint16Array(0);
  let found = new Uint16Array(0);
  let queue = new Uint32Array(0);

  /** Those days of the cycle that are `day` in a period. */
  const daysOf = (periodDays: number, day: number): number[] => {
    const all: number[] = [];
    for (let at = today + modulo(day - today, periodDays); at < today + days; at += periodDays) all.push(at);
    return all;
  };
  const someAt = (day: number, minute: number): number =>
    some[modulo(day + Math.floor(minute / minutesADay), days) * minutesADay + (minute % minutesADay)] ?? 0;
  const everyDayAt = (minute: number): number =>
    (daily[minute % minutesADay] ?? 0) + (worst[minute % minutesADay] ?? 0);

  const levelAt = (demand: Demand, on: readonly number[], minute: number): number => {
    if (demand.runsADay > 1) {
      let most = 0;
      for (let run = 0; run < demand.runsADay; run += 1) {
        most = Math.max(most, everyDayAt(minute + runOffset(demand.runsADay, run)));
      }
      return most;
    }
    if (demand.periodDays === 1) return everyDayAt(minute);
    let most = 0;
    for (const day of on) most = Math.max(most, someAt(day, minute));
    return (daily[minute % minutesADay] ?? 0) + most;
  };

  const profileOf = (demand: Demand, day: number): Uint16Array => {
    const on = demand.periodDays === 1 ? [] : daysOf(demand.periodDays, day);
    const length = demand.starts + demand.minutes - 1;
    if (queue.length < length) {
      profile = new Uint16Array(length);
      found = new Uint16Array(length);
      queue = new Uint32Array(length);
    }
    for (let at = 0; at < length; at += 1) profile[at] = levelAt(demand, on, demand.from + at);
    return profile.subarray(0, length);
  };

  const change = (demand: Demand, place: Place, by: 1 | -1): void => {
    if (demand.periodDays === 1) {
      for (let run = 0; run < demand.runsADay; run += 1) {
        const start = place.minute + runOffset(demand.runsADay, run);
        for (let at = start; at < start + demand.minutes; at += 1) bump(daily, at % minutesADay, by);
      }
      return;
    }
    // What starts after midnight belongs to the night before.
    const opening = place.minute < demand.from ? -1 : 0;
    for (const day of daysOf(demand.periodDays, place.day)) {
      const night = modulo(day + opening, days);
      loads[night] = (loads[night] ?? 0) + by * demand.minutes;
      for (let at = place.minute; at < place.minute + Math.min(demand.minutes, days * minutesADay); at += 1) {
        const minute = at % minutesADay;
        const now = bump(some, modulo(day + Math.floor(at / minutesADay), days) * minutesADay + minute, by);
        if (by === 1) worst[minute] = Math.max(worst[minute] ?? 0, now);
        else if (worst[minute] === now + 1) worst[minute] = worstAt(minute);
      }
    }
  };
  const worstAt = (minute: number): number => {
    let most = 0;
    for (let day = 0; day < days; day += 1) most = Math.max(most, some[day * minutesADay + minute] ?? 0);
    return most;
  };

  return {
    level: (demand, place, enough) => {
      const on = daysOf(demand.periodDays, place.day);
      let most = 0;
      for (let at = place.minute; at < place.minute + demand.minutes && most < enough; at += 1) {
        most = Math.max(most, levelAt(demand, on, at));
      }
      return most;
    },
    profile: profileOf,
    levels: (demand, day) =>
      highestWithin(profileOf(demand, day), demand.minutes, found.subarray(0, demand.starts), queue),
    add: (demand, place) => change(demand, place, 1),
    remove: (demand, place) => change(demand, place, -1),
    emptiestDays: (periodDays) => {
      const load = (day: number): number =>
        daysOf(periodDays, day).reduce((sum, at) => sum + (loads[modulo(at, days)] ?? 0), 0);
      return Array.from({ length: Math.min(periodDays, days) }, (_, ahead) => modulo(today + ahead, periodDays))
        .map((day) => ({ day, load: load(day) }))
        .sort((one, other) => one.load - other.load)
        .map(({ day }) => day);
    },
  };
};

/** The remainder that is never negative. */
export const modulo = (value: number, by: number): number => ((value % by) + by) % by;

const commonDivisor = (one: number, other: number): number => (other === 0 ? one : commonDivisor(other, one % other));

const bump = (counts: Uint16Array, at: number, by: 1 | -1): number => {
  const now = (counts[at] ?? 0) + by;
  counts[at] = now;
  return now;
};

/** The highest of each `width` values that follow each other, in one pass: a queue of falling values holds what may yet count. */
const highestWithin = (values: Uint16Array, width: number, into: Uint16Array, queue: Uint32Array): Uint16Array => {
  let [head, tail] = [0, 0];
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    while (tail > head && (values[queue[tail - 1] ?? 0] ?? 0) <= value) tail -= 1;
    queue[tail] = at;
    tail += 1;
    if ((queue[head] ?? 0) <= at - width) head += 1;
    if (at >= width - 1) into[at - width + 1] = values[queue[head] ?? 0] ?? 0;
  }
  return into;
};
