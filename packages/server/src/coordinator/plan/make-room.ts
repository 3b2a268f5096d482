import { type Cycle, modulo } from './cycle.ts';
import { type Demand, runOffset } from './demand.ts';
import { type Found, nearest, placeAt } from './place.ts';
import { minutesADay } from './window.ts';

/** A source and its place. */
export interface Placed extends Found {
  readonly demand: Demand;
}

interface Around {
  readonly cycle: Cycle;
  /** Changed when it succeeds, as the cycle is. */
  readonly places: Map<string, Placed>;
  readonly concurrency: number;
}

/** So many starts are looked at, and so many of the best tried out. */
const mostStarts = 96;
const mostTrials = 6;

/**
 * Lets a run in that finds no room in one piece: shorter ones that are in its way go to the nearest room, as few as possible.
 * False, with nothing changed, when they would find none.
 */
export const makeRoom = (demand: Demand, around: Around): boolean => {
  if (demand.runsADay > 1) return false;
  const { cycle, places, concurrency } = around;
  const day = demand.periodDays === 1 ? 0 : (cycle.emptiestDays(demand.periodDays)[0] ?? 0);
  const profile = cycle.profile(demand, day);
  const others = [...places.values()].filter((placed) => canGiveWay(placed, demand));
  const step = Math.max(1, Math.ceil(demand.starts / mostStarts));
  const ways: { start: number; evicted: readonly Placed[] }[] = [];
  for (let start = 0; start < demand.starts; start += step) {
    const evicted = fewestInTheWay(start, demand, profile, others, concurrency);
    if (evicted !== null) ways.push({ start, evicted });
  }
  ways.sort((one, other) => one.evicted.length - other.evicted.length || minutesOf(one) - minutesOf(other));
  return ways.slice(0, mostTrials).some(({ start, evicted }) => tryOut(demand, day, start, evicted, around));
};

const minutesOf = ({ evicted }: { readonly evicted: readonly Placed[] }): number =>
  evicted.reduce((sum, placed) => sum + placed.demand.minutes, 0);

const canGiveWay = ({ demand, fits }: Placed, to: Demand): boolean =>
  fits && demand.minutes < to.minutes && (demand.periodDays === 1 || to.periodDays === 1);

/** From the first minute on that is full, whoever is there and stays longest has to go: no other choice needs fewer. */
const fewestInTheWay = (
  start: number,
  demand: Demand,
  profile: Uint16Array,
  others: readonly Placed[],
  concurrency: number,
): readonly Placed[] | null => {
  const end = start + demand.minutes;
  // Minutes after the demand's own first; what runs over the end of that day also counts at its beginning.
  const there = others.flatMap((placed) =>
    Array.from({ length: placed.demand.runsADay }, (_, run) =>
      modulo(placed.place.minute + runOffset(placed.demand.runsADay, run) - demand.from, minutesADay),
    )
      .flatMap((from) => [from, from - minutesADay])
      .map((from) => ({ placed, from, to: from + placed.demand.minutes }))
      .filter(({ from, to }) => from < end && to > start),
  );
  const evicted = new Set<Placed>();
  for (let at = start; at < end; at += 1) {
    const here = there.filter(({ from, to }) => from <= at && at < to);
    let over = (profile[at] ?? 0) - (concurrency - 1) - here.filter(({ placed }) => evicted.has(placed)).length;
    for (const { placed } of here.sort((left, right) => right.to - left.to)) {
      if (over <= 0) break;
      if (evicted.has(placed)) continue;
      evicted.add(placed);
      over -= 1;
    }
    if (over > 0) return null;
  }
  return [...evicted];
};

const tryOut = (
  demand: Demand,
  day: number,
  start: number,
  evicted: readonly Placed[],
  { cycle, places, concurrency }: Around,
): boolean => {
  const place = placeAt(demand, day, start);
  for (const one of evicted) cycle.remove(one.demand, one.place);
  const put: Placed[] = [];
  if (cycle.level(demand, place, concurrency) < concurrency) {
    cycle.add(demand, place);
    put.push({ demand, place, fits: true });
    for (const one of [...evicted].sort((left, right) => right.demand.minutes - left.demand.minutes)) {
      const found = nearest(one.place)(one.demand, cycle, concurrency);
      if (!found.fits) break;
      cycle.add(one.demand, found.place);
      put.push({ demand: one.demand, ...found });
    }
  }
  if (put.length === evicted.length + 1) {
    for (const one of put) places.set(one.demand.source.name, one);
    return true;
  }
  for (const one of put) cycle.remove(one.demand, one.place);
  for (const one of evicted) cycle.add(one.demand, one.place);
  return false;
};
