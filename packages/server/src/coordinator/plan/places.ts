import { type Cycle, cycleDays, emptyCycle } from './cycle.ts';
import type { Demand } from './demand.ts';
import { makeRoom, type Placed } from './make-room.ts';
import { emptiest, type Found, first, isPossible, nearest, placeAt } from './place.ts';

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
 * Who finds no room is let in by moving a few shorter ones. Only where that leaves somebody over is everything packed anew,
 * and only kept if it at least halves their number: nobody's time is changed for little.
 */
export const choosePlaces = (question: Question): Places => {
  const kept = keepPlaces(question);
  if (leftOver(kept) === 0) return kept;
  const packed = packAnew(question);
  return 2 * leftOver(packed) <= leftOver(kept) ? packed : kept;
};

const leftOver = (places: ReadonlyMap<string, Placed>): number => {
  let count = 0;
  for (const { demand, fits } of places.values()) if (!fits && demand.tooLongFor === null) count += 1;
  return count;
};

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
const packAnew = ({ concurrency, demands, today }: Question): Map<string, Placed> => {
  const cycle = emptyCycle(cycleDays(demands), today);
  const places = placeTheTooLong(demands, cycle);
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
