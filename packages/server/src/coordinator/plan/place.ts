import { minutesADay } from './clock-time.ts';
import { type Cycle, modulo } from './cycle.ts';
import type { Demand } from './demand.ts';
import type { Place } from './plan.ts';

/** A place, and whether no more than `concurrency` run there at any minute of it. */
export interface Found {
  readonly place: Place;
  readonly fits: boolean;
}

/** Whether the demand may start at this place at all: in its window, on a day of its period. */
export const isPossible = (demand: Demand, place: Place): boolean =>
  place.day >= 0 && place.day < demand.periodDays && modulo(place.minute - demand.from, minutesADay) < demand.starts;

/** Looks for a place among those that are taken. */
export type Search = (demand: Demand, cycle: Cycle, concurrency: number) => Found;

/**
 * Where the fewest others are, in the middle of the longest such stretch, so that a run that takes longer meets nobody.
 * Steps of its own length keep what is left over useful for others like it.
 */
export const emptiest: Search = (demand, cycle, concurrency) =>
  onTheBestDay(demand, cycle, concurrency, (levels) => {
    const level = lowest(levels);
    const { first, length } = longestStretch(levels, level);
    const steps = Math.floor((length - 1) / 2 / demand.minutes);
    return { start: first + steps * demand.minutes, level };
  });

/** The first place with room, so that all the room that is left is in one piece. */
export const first: Search = (demand, cycle, concurrency) =>
  onTheBestDay(demand, cycle, concurrency, (levels) => {
    const fitting = levels.findIndex((level) => level < concurrency);
    const level = lowest(levels);
    return fitting === -1 ? { start: levels.indexOf(level), level } : { start: fitting, level: levels[fitting] ?? 0 };
  });

/** The place with room that is nearest to where it was. */
export const nearest =
  (before: Place): Search =>
  (demand, cycle, concurrency) =>
    onTheBestDay(
      demand,
      cycle,
      concurrency,
      (levels) => {
        const wish = modulo(before.minute - demand.from, minutesADay);
        const level = lowest(levels);
        const enough = Math.max(concurrency - 1, level);
        // The last minute of the day is beside the first one; so is that of the time between several runs a day.
        const ring = demand.runsADay > 1 ? demand.starts : minutesADay;
        let best = { start: 0, distance: Number.POSITIVE_INFINITY };
        for (let start = 0; start < levels.length; start += 1) {
          const apart = Math.abs(start - wish);
          const distance = Math.min(apart, Math.abs(ring - apart));
          if ((levels[start] ?? 0) <= enough && distance < best.distance) best = { start, distance };
        }
        return { start: best.start, level: levels[best.start] ?? 0 };
      },
      before.day,
    );

type Chosen = { readonly start: number; readonly level: number };

/** Days are tried in order until one has room; where none has, it is the one with the fewest others. */
const onTheBestDay = (
  demand: Demand,
  cycle: Cycle,
  concurrency: number,
  choose: (levels: Uint16Array) => Chosen,
  wish: number | null = null,
): Found => {
  let best: (Chosen & { readonly day: number }) | null = null;
  const days = demand.periodDays === 1 ? [0] : cycle.emptiestDays(demand.periodDays);
  const ordered = wish !== null && wish < demand.periodDays ? [wish, ...days.filter((day) => day !== wish)] : days;
  for (const day of ordered) {
    const chosen = choose(cycle.levels(demand, day));
    if (best === null || chosen.level < best.level) best = { ...chosen, day };
    if (chosen.level < concurrency) break;
  }
  const { start, level, day } = best ?? { start: 0, level: 0, day: 0 };
  return { place: placeAt(demand, day, start), fits: level < concurrency };
};

/** `day` is the one on which the window opens: what starts after midnight does so on the next. */
export const placeAt = (demand: Demand, day: number, start: number): Place => {
  const minute = demand.from + start;
  return {
    minute: minute % minutesADay,
    day: modulo(day + Math.floor(minute / minutesADay), demand.periodDays),
  };
};

const lowest = (levels: Uint16Array): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < levels.length; at += 1) least = Math.min(least, levels[at] ?? 0);
  return least;
};

const longestStretch = (levels: Uint16Array, level: number): { first: number; length: number } => {
  let best = { first: 0, length: 0 };
  let start = 0;
  for (let at = 0; at <= levels.length; at += 1) {
    if (at < levels.length && levels[at] === level) continue;
    if (at - start > best.length) best = { first: start, length: at - start };
    start = at + 1;
  }
  return best;
};
