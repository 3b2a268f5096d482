import { expectedLength } from '../coordinator/plan/length.ts';
import type { LocalTime } from '../coordinator/plan/local-time.ts';
import { isWithin, parseWindow } from '../coordinator/plan/window.ts';
import type { LoadedSource } from '../coordinator/state/state.ts';
import type { OverviewSource } from './overview.ts';

const dayMs = 86_400_000;
/** A source that runs every quarter of an hour, for a day. */
const mostSlots = 96;

/**
 * What begins within the next 24 hours. The coordinator keeps a few slots of each source; of one that runs more often than that reaches,
 * the rest is whole periods after the last of them, as the next planning will have it, in its window.
 */
export const slotsOf = (
  { slots, everyMs, lengthsMs, hasAgent }: Pick<LoadedSource, 'slots' | 'everyMs' | 'lengthsMs' | 'hasAgent'>,
  window: string | null,
  time: LocalTime,
  nowMs: number,
): OverviewSource['slots'] => {
  if (!hasAgent) return [];
  const lengthMs = expectedLength(lengthsMs);
  const untilMs = nowMs + dayMs;
  const starts = slots.map(({ startsAtMs }) => startsAtMs);
  const last = starts.at(-1);
  if (last !== undefined && everyMs > 0 && last + everyMs < untilMs) {
    const first = last + Math.max(1, Math.floor((nowMs - last) / everyMs) + 1) * everyMs;
    const hours = window === null ? null : parseWindow(window);
    const fits = (atMs: number): boolean => hours?.ok !== true || isWithin(hours.value, time.wallAt(atMs).minute);
    for (let atMs = first; atMs < untilMs && starts.length < mostSlots; atMs += everyMs)
      if (fits(atMs)) starts.push(atMs);
  }
  return starts.filter((atMs) => atMs > nowMs && atMs < untilMs).map((startsAtMs) => ({ startsAtMs, lengthMs }));
};
