import { type Cycle, cycleDays, emptyCycle } from './cycle.ts';
import type { Demand } from './demand.ts';
import { makeRoom, type Placed } from './make-room.ts';
import { emptiest, type Found, first, isPossible, nearest, placeAt } from './place.ts';
import { formatWindow } from './window.ts';

/** Of every source its place, by name. */
export type Places = ReadonlyMap<string, Found>;

interface Question {
  readonly concurrency: number;
  readonly demands: readonly Demand[];
  /** Days since 1970-01-01, by the local calendar. */
  readonly today: number;
}

/**
 * A place for each: who fits where it was stays there, and the others come after, those first that are hardest to place.
 * Who finds no room is let in by moving a few shorter ones. Only where that leaves somebody over are those windows packed
 * anew, and who has none with them, and only if that lets in many for those that it moves: nobody's time is changed for little.
 */
export const choosePlaces = (question: Question): Places => {
  const kept = keepPlaces(question);
  const over = leftOver(kept);
  if (over.length === 0) return kept;
  const packed = packAnew(question, kept, new Set(['', ...over.map(hoursOf)]));
  const letIn = over.length - leftOver(packed).length;
  return letIn > 0 && countMoved(packed) <= mostMovedForOne * letIn ? packed : kept;
};

/** So many may move for each one that finds room by it. */
const mostMovedForOne = 8;

const leftOver = (places: ReadonlyMap<string, Placed>): readonly Demand[] =>
  [...places.values()].filter(({ demand, fits }) => !fits && demand.tooLongFor === null).map(({ demand }) => demand);

const countMoved = (places: ReadonlyMap<string, Placed>): number =>
  [...places.values()].filter(
    ({ demand: { source }, place }) =>
      source.place !== null && (source.place.minute !== place.minute || source.place.day !== place.day),
  ).length;

const hoursOf = ({ window }: Demand): string => (window === null ? '' : formatWindow(window));

/** Trying costs time, and where many find no room, moving a few is no help. */
const mostMakingRoom = 8;

const keepPlaces = ({ concurrency, demands, today }: Question): Map<string, Placed> => {
  const cycle = emptyCycle(cycleDays(demands), today);
  const places = placeTheTooLong(demands, cycle);
  // Short ones first: where two got into each other's way, moving the one long run disturbs fewer.
  for (const demand of [...demands].sort((one, other) => -harder(one, other))) {
    const place = demand.source.place;
    if (demand.tooLongFor !== null || place === null || !isPossible(demand, place)) continue;
    if (cycle.level(demand, place, concurrency) >= concurrency) continue;
    cycle.add(demand, place);
    places.set(demand.source.name, { demand, place, fits: true });
  }
  let tries = 0;
  for (const demand of [...demands].sort(harder)) {
    if (places.has(demand.source.name)) continue;
    const before = demand.source.place;
    const found = (before === null ? emptiest : nearest(before))(demand, cycle, concurrency);
    if (!found.fits && tries < mostMakingRoom) {
      tries += 1;
      if (makeRoom(demand, { cycle, places, concurrency })) continue;
    }
    // Who fits nowhere moves no more than it must: tomorrow there may be room where it is.
    const place = !found.fits && before !== null && isPossible(demand, before) ? before : found.place;
    cycle.add(demand, place);
    places.set(demand.source.name, { demand, place, fits: found.fits });
  }
  return places;
};

/** From the beginning of the windows on, the narrowest window first: gaps between runs are what keeps others out. */
const packAnew = (
  { concurrency, demands, today }: Question,
  kept: ReadonlyMap<string, Placed>,
  windows: ReadonlySet<string>,
): Map<string, Placed> => {
  const cycle = emptyCycle(cycleDays(demands), today);
  const places = placeTheTooLong(demands, cycle);
  for (const [name, placed] of kept) {
    if (places.has(name) || windows.has(hoursOf(placed.demand))) continue;
    cycle.add(placed.demand, placed.place);
    places.set(name, placed);
  }
  for (const demand of [...demands].sort((one, other) => room(one) - room(other) || harder(one, other))) {
    if (places.has(demand.source.name)) continue;
    const found = first(demand, cycle, concurrency);
    cycle.add(demand, found.place);
    places.set(demand.source.name, { demand, ...found });
  }
  return places;
};

/** What is longer than its window begins with it, and is not asked whether there is room. */
const placeTheTooLong = (demands: readonly Demand[], cycle: Cycle): Map<string, Placed> => {
  const places = new Map<string, Placed>();
  for (const demand of demands) {
    if (demand.tooLongFor === null) continue;
    const before = demand.source.place;
    const place =
      before !== null && isPossible(demand, before)
        ? before
        : placeAt(demand, cycle.emptiestDays(demand.periodDays)[0] ?? 0, 0);
    cycle.add(demand, place);
    places.set(demand.source.name, { demand, place, fits: false });
  }
  return places;
};

const room = (demand: Demand): number => demand.starts + demand.minutes;

/** Several runs a day need room at several times at once; otherwise the longer is the harder. */
const harder = (one: Demand, other: Demand): number =>
  other.runsADay - one.runsADay || other.minutes - one.minutes || byName(one, other);

const byName = (one: Demand, other: Demand): number => (one.source.name < other.source.name ? -1 : 1);
