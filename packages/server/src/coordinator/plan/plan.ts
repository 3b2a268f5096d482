import { demandOf } from './demand.ts';
import { localTime } from './local-time.ts';
import { nextSlot, slotOf } from './next.ts';
import { planNights } from './nights.ts';
import { choosePlaces } from './places.ts';
import { tightWords } from './tight.ts';
import type { Window } from './window.ts';

/** Where in its period a source runs, by the wall clock of the server's time zone: what is kept from one night to the next. */
export interface Place {
  /** Minutes after local midnight, 0 to 1439. With several runs a day, that of the first. */
  readonly minute: number;
  /** With a period of several days, which of them: days since 1970-01-01, modulo that period. Otherwise 0. */
  readonly day: number;
}

/** What the planner knows of a source. Times are UTC milliseconds. */
export interface PlanSource {
  readonly name: string;
  readonly everyMs: number;
  /** Null: any time of the day. */
  readonly window: Window | null;
  /** How long a run is expected to take, from its past ones. */
  readonly lengthMs: number;
  /** Where it was planned last; null for one that is new. */
  readonly place: Place | null;
}

/** One run of a source. */
export interface Slot {
  readonly name: string;
  readonly startsAtMs: number;
  /** When it should be done. */
  readonly endsAtMs: number;
  /** When its window closes; null without one. */
  readonly closesAtMs: number | null;
}

export interface PlanQuestion {
  readonly nowMs: number;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** How many may run at once. */
  readonly concurrency: number;
  readonly sources: readonly PlanSource[];
}

export interface Plan {
  /** Of every source its slots from `nowMs` on, ascending: at least the next one, at most two days' worth. */
  readonly slots: ReadonlyMap<string, readonly Slot[]>;
  /** To be given back as `PlanSource.place` the next time. */
  readonly places: ReadonlyMap<string, Place>;
  /** What can not be held, in words for the admin; empty when the windows hold everything. */
  readonly tight: readonly Tight[];
}

/** More work than a window can hold. */
export interface Tight {
  /** The sources that do not fit: they run all the same, late or beside others, as the queue lets them. */
  readonly sources: readonly string[];
  readonly text: string;
  readonly remedy: string;
}

const dayMs = 86_400_000;

/** The same question has the same answer. */
export const plan = ({ nowMs, timeZone, concurrency, sources }: PlanQuestion): Plan => {
  const time = localTime(timeZone);
  const today = time.wallAt(nowMs).day;
  const demands = sources.map(demandOf).sort((one, other) => (one.source.name < other.source.name ? -1 : 1));
  const found = choosePlaces({ concurrency, demands, today });
  const nights = planNights({ time, concurrency, demands, places: found, today });

  const slots = new Map<string, Slot[]>(demands.map(({ source }) => [source.name, []]));
  for (const { demand, run, startsAtMs } of nights) {
    if (startsAtMs < nowMs || startsAtMs >= nowMs + 2 * dayMs) continue;
    slots.get(demand.source.name)?.push(slotOf(demand.source, run, startsAtMs));
  }
  const places = new Map<string, Place>();
  for (const { source } of demands) {
    const place = found.get(source.name)?.place;
    if (place === undefined) continue;
    places.set(source.name, place);
    const own = slots.get(source.name);
    if (own?.length === 0) own.push(nextSlot(timeZone, { ...source, place }, nowMs));
    else own?.sort((one, other) => one.startsAtMs - other.startsAtMs);
  }
  const moved = nights.filter(
    ({ demand, fits, startsAtMs }) => !fits && startsAtMs >= nowMs && found.get(demand.source.name)?.fits === true,
  );
  return { slots, places, tight: tightWords(demands, found, concurrency, moved) };
};
