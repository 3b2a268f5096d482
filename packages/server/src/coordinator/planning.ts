import type { Entry } from './entry.ts';
import { lengthOf } from './entry.ts';
import { mergedSlots } from './next-run.ts';
import { localTime } from './plan/local-time.ts';
import { type Plan, plan } from './plan/plan.ts';
import { isWithin } from './plan/window.ts';

/** Plans all of them anew and gives each its slots and its place; answers with whose have changed, and with what does not fit. */
export const planAll = (
  entries: readonly Entry[],
  { nowMs, timeZone, concurrency }: { readonly nowMs: number; readonly timeZone: string; readonly concurrency: number },
): { readonly changed: readonly Entry[]; readonly tight: Plan['tight'] } => {
  const { slots, places, tight } = plan({
    ...{ nowMs, timeZone, concurrency },
    sources: entries.map((entry) => ({
      ...{ name: entry.name, everyMs: entry.source.everyMs, window: entry.source.window },
      ...{ lengthMs: lengthOf(entry), place: entry.place },
    })),
  });
  const time = localTime(timeZone);
  // A slot to come that a changed window does not allow any more is not kept.
  const allowed = ({ slots, source: { window } }: Entry) =>
    window === null
      ? slots
      : slots.filter(({ startsAtMs }) => startsAtMs <= nowMs || isWithin(window, time.wallAt(startsAtMs).minute));
  const changed = entries.filter((entry) => {
    const planned = (slots.get(entry.name) ?? []).map(({ name: _, ...slot }) => slot);
    const merged = mergedSlots(allowed(entry), planned, { nowMs, everyMs: entry.source.everyMs });
    const place = places.get(entry.name) ?? entry.place;
    if (JSON.stringify([merged, place]) === JSON.stringify([entry.slots, entry.place])) return false;
    entry.slots = merged;
    entry.place = place;
    return true;
  });
  return { changed, tight };
};
