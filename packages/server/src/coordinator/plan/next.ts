import { modulo } from './cycle.ts';
import { cadence } from './demand.ts';
import { localTime } from './local-time.ts';
import type { PlanSource, Slot } from './plan.ts';
import { type Run, runsOn } from './runs.ts';

/** A source at its place. */
export type Placed = Omit<PlanSource, 'place'> & { readonly place: NonNullable<PlanSource['place']> };

/** The first slot of a source at or after a moment, by its place alone: without what is moved on nights of the clock's change. */
export const nextSlot = (timeZone: string, source: Placed, fromMs: number): Slot => {
  const [day, step] = ownDay(timeZone, source, fromMs, -1);
  for (let at = day; ; at += step) {
    const run = runsOn(localTime(timeZone), at, source).find(({ startsAtMs }) => startsAtMs >= fromMs);
    if (run !== undefined) return slotOf(source, run);
  }
};

/** The last slot of a source at or before a moment, by its place alone. */
export const lastSlot = (timeZone: string, source: Placed, untilMs: number): Slot => {
  const [day, step] = ownDay(timeZone, source, untilMs, 1);
  for (let at = day; ; at -= step) {
    const run = runsOn(localTime(timeZone), at, source).findLast(({ startsAtMs }) => startsAtMs <= untilMs);
    if (run !== undefined) return slotOf(source, run);
  }
};

/** A run as a slot of its source. */
export const slotOf = (source: Omit<PlanSource, 'place'>, run: Run, startsAtMs = run.startsAtMs): Slot => ({
  name: source.name,
  startsAtMs,
  endsAtMs: startsAtMs + source.lengthMs,
  closesAtMs: run.window?.closesAtMs ?? null,
});

/** A day of the source's own beside that of a moment, on the side that is given, and how far it is from one to the next. */
const ownDay = (timeZone: string, source: Placed, atMs: number, side: 1 | -1): readonly [number, number] => {
  const { periodDays } = cadence(source.everyMs);
  const beside = localTime(timeZone).wallAt(atMs).day + side;
  const back = modulo(beside - source.place.day, periodDays);
  return [side === -1 ? beside + modulo(-back, periodDays) : beside - back, periodDays];
};
