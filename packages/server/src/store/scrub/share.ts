import type { Cycle } from './state.ts';

/** A scrub is expected once a day. */
const dayMs = 86_400_000;

/**
 * How many bytes a run is to check, so that everything is checked once within `scrubMs` by one run a day: the share of
 * the time since the last run, or more where the cycle is behind (the server was off, the source grew); everything
 * that is left when no further run comes before the cycle must end. Zero when the last run was a moment ago. Times are
 * UTC milliseconds.
 */
export const dueBytes = (args: {
  readonly now: number;
  readonly lastRunAt: number | null;
  /** When it began, and what of it was checked before. */
  readonly cycle: Pick<Cycle, 'startedAt' | 'bytes'>;
  /** Live and trash together, as the journal counts them. */
  readonly totalBytes: number;
  readonly scrubMs: number;
}): number => {
  const { now, lastRunAt, cycle, totalBytes, scrubMs } = args;
  const nextRun = now + dayMs;
  // What no record counts is checked whole rather than never.
  if (totalBytes === 0 || nextRun >= cycle.startedAt + scrubMs) return Number.POSITIVE_INFINITY;
  const sinceLastRun = lastRunAt === null ? dayMs : Math.min(Math.max(0, now - lastRunAt), dayMs);
  const share = totalBytes * (sinceLastRun / scrubMs);
  const behind = totalBytes * ((nextRun - cycle.startedAt) / scrubMs) - cycle.bytes;
  return Math.max(0, Math.ceil(share), Math.ceil(behind));
};
