import { minutesADay } from './clock-time.ts';
import { type Cycle, modulo } from './cycle.ts';
import { type Demand, runOffset } from './demand.ts';
import { type Found, nearest, placeAt } from './place.ts';

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

/** Another one, in minutes after the demand's own first. */
interface Span {
  readonly placed: Placed;
  readonly from: number;
  readonly to: number;
}

/** So many starts are looked at, so many of the best tried out, and so many others moved: trying must not take seconds. */
const mostStarts = 96;
const mostTrials = 6;
const mostEvicted = 32;

/**
 * Lets a run in that finds no room in one piece: shorter ones that are in its way go to the nearest room, as few as possible.
 * False, with nothing changed, when they would find none.
 */
export const makeRoom = (demand: Demand, around: Around): boolean => {
  if (demand.runsADay > 1) return false;
  const { cycle, places, concurrency } = around;
  const day = demand.periodDays === 1 ? 0 : (cycle.emptiestDays(demand.periodDays)[0] ?? 0);
  const profile = cycle.profile(demand, day);
  const spans = spansOf(demand, places);
  const step = Math.max(1, Math.ceil(demand.starts / mostStarts));
  const ways: { start: number; evicted: readonly Placed[] }[] = [];
  for (let start = 0; start < demand.starts; start += step) {
    const evicted = fewestInTheWay(start, demand, profile, spans, concurrency);
    if (evicted !== null) ways.push({ start, evicted });
  }
  ways.sort((one, other) => one.evicted.length - other.evicted.length || minutesOf(one) - minutesOf(other));
  return ways.slice(0, mostTrials).some(({ start, evicted }) => tryOut(demand, day, start, evicted, around));
};

const minutesOf = ({ evicted }: { readonly evicted: readonly Placed[] }): number =>
  evicted.reduce((sum, placed) => sum + placed.demand.minutes, 0);

const canGiveWay = ({ demand, fits }: Placed, to: Demand): boolean =>
  fits && demand.minutes < to.minutes && (demand.periodDays === 1 || to.periodDays === 1);

/** Those that could give way, by when they begin. What runs over the end of the day also counts at its beginning. */
const spansOf = (demand: Demand, places: ReadonlyMap<string, Placed>): readonly Span[] => {
  const end = demand.starts - 1 + demand.minutes;
  const spans: Span[] = [];
  for (const placed of places.values()) {
    if (!canGiveWay(placed, demand)) continue;
    const { minutes, runsADay } = placed.demand;
    for (let run = 0; run < runsADay; run += 1) {
      const from = modulo(placed.place.minute + runOffset(runsADay, run) - demand.from, minutesADay);
      for (let at = from - minutesADay; at < end; at += minutesADay) {
        if (at + minutes > 0) spans.push({ placed, from: at, to: at + minutes });
      }
    }
  }
  return spans.sort((one, other) => one.from - other.from);
};

/** From the first minute on that is full, whoever is there and stays longest has to go: no other choice needs fewer. */
const fewestInTheWay = (
  start: number,
  demand: Demand,
  profile: Uint16Array,
  spans: readonly Span[],
  concurrency: number,
): readonly Placed[] | null => {
  const evicted = new Set<Placed>();
  let here: Span[] = [];
  // All of them are shorter than the demand: what begins earlier than this is over.
  let next = firstFrom(spans, start - demand.minutes);
  for (let at = start; at < start + demand.minutes; at += 1) {
    if (here.some(({ to }) => to <= at)) here = here.filter(({ to }) => to > at);
    for (let span = spans[next]; span !== undefined && span.from <= at; span = spans[next]) {
      if (span.to > at) here.push(span);
      next += 1;
    }
    let over = (profile[at] ?? 0) - (concurrency - 1);
    if (over <= 0) continue;
    for (const { placed } of here) if (evicted.has(placed)) over -= 1;
    if (over <= 0) continue;
    for (const { placed } of here.sort((left, right) => right.to - left.to)) {
      if (over <= 0) break;
      if (evicted.has(placed)) continue;
      evicted.add(placed);
      over -= 1;
    }
    if (over > 0 || evicted.size > mostEvicted) return null;
  }
  return [...evicted];
};

const firstFrom = (spans: readonly Span[], from: number): number => {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.from ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
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
