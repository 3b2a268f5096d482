import { modulo } from './cycle.ts';
import { cadence } from './demand.ts';
import { localTime } from './local-time.ts';
import type { PlanSource, Slot } from './plan.ts';
import { type Run, runsOn } from './runs.ts';

/** A source at its place. */
export type Placed = Omit<PlanSource, 'place'> & { readonly place: NonNullable<PlanSource['place']> };

/** The first slot of a source at or after a moment, by its place alone: without what is moved on nights of the clock's change. */
export const nextSlot = (timeZone: string, source: Placed, fromMs: number): Slot => {
  const time = localTime(timeZone);
  const { periodDays } = cadence(source.everyMs);
  const yesterday = time.wallAt(fromMs).day - 1;
  for (let day = yesterday + modulo(source.place.day - yesterday, periodDays); ; day += periodDays) {
    const run = runsOn(time, day, source).find(({ startsAtMs }) => startsAtMs >= fromMs);
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
