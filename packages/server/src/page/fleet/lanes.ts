import type { OverviewSource } from '../../monitor/overview.ts';

/** A planned run in its lane. */
export interface Slot {
  readonly source: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** What begins within the next 24 hours, ascending. */
export const plannedOf = (sources: readonly Pick<OverviewSource, 'name' | 'slots'>[], nowMs: number): readonly Slot[] =>
  sources
    .flatMap(({ name, slots }) =>
      slots.map(({ startsAtMs, lengthMs }) => ({
        ...{ source: name, startsAtMs: Math.max(nowMs, startsAtMs) },
        endsAtMs: Math.max(nowMs, startsAtMs) + Math.max(60_000, lengthMs),
      })),
    )
    .toSorted((one, other) => one.startsAtMs - other.startsAtMs);

/**
 * Ascending slots in lanes in which nothing overlaps: as many as are at work at once, which is the server's `concurrency` unless a window
 * is too narrow. Each slot goes into the first lane that is free; within a lane they ascend.
 */
export const lanesOf = (slots: readonly Slot[]): readonly (readonly Slot[])[] => {
  const lanes: Slot[][] = [];
  for (const slot of slots) {
    const free = lanes.find((lane) => (lane.at(-1)?.endsAtMs ?? 0) <= slot.startsAtMs);
    if (free === undefined) lanes.push([slot]);
    else free.push(slot);
  }
  return lanes;
};
