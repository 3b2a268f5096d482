import { counts, isGood, type RunOutline } from '../coordinator/reports/outline.ts';
import type { DaySums, TrendDay } from './overview.ts';

/** What of a run is summed up: the rest of its outline need not stay in memory. */
export type SummedRun = Pick<
  RunOutline,
  | 'endedAtMs'
  | 'durationMs'
  | 'outcome'
  | 'dryRun'
  | 'snapshot'
  | 'warnings'
  | 'bytesRead'
  | 'bytesAdded'
  | 'bytesStored'
  | 'bytesPruned'
  | 'snapshotsRemoved'
>;

/** What the runs of one day came to. */
export interface DayOfRuns {
  outcome: TrendDay['outcome'];
  bytesStored: number;
  durationMs: number;
}

/** The runs of a source, summed up as far as anybody is shown them: the last day one by one, the days before as days. */
export interface RunSums {
  /** By days since 1970-01-01, by the server's wall clock. */
  readonly days: Map<number, DayOfRuns>;
  /** Those that ended within about the last day. */
  recent: SummedRun[];
}

/** So many days are shown, today among them. */
export const trendDays = 14;
const dayMs = 86_400_000;
/** A source that sends runs all day must not fill the memory. */
const mostRecent = 2000;

/** None yet. */
export const noRuns = (): RunSums => ({ days: new Map(), recent: [] });

/**
 * Adds a run that ended on `day`. Dry runs and `busy` ones are none. A run that was stopped made no backup, so its day is no day of
 * silence, but a failed one.
 */
export const addRun = (sums: RunSums, run: SummedRun, day: number, nowMs: number): void => {
  if (!counts(run)) return;
  const sum = sums.days.get(day) ?? { outcome: 'none', bytesStored: 0, durationMs: 0 };
  sum.outcome = better(sum.outcome, outcomeOf(run));
  sum.bytesStored += run.bytesStored ?? 0;
  sum.durationMs += run.durationMs;
  sums.days.set(day, sum);
  if (run.endedAtMs <= nowMs - dayMs) return;
  sums.recent.push(run);
  if (sums.recent.length > mostRecent) sums.recent = sums.recent.slice(-mostRecent);
};

/** Lets go of what is shown no more. */
export const forgetRuns = (sums: RunSums, today: number, nowMs: number): void => {
  for (const day of sums.days.keys()) if (day <= today - trendDays) sums.days.delete(day);
  sums.recent = sums.recent.filter(({ endedAtMs }) => endedAtMs > nowMs - dayMs);
};

const outcomes = ['none', 'failed', 'warned', 'good'] as const satisfies readonly TrendDay['outcome'][];

const better = (one: TrendDay['outcome'], other: TrendDay['outcome']): TrendDay['outcome'] =>
  outcomes.indexOf(one) > outcomes.indexOf(other) ? one : other;

const outcomeOf = (run: SummedRun): TrendDay['outcome'] => {
  if (isGood(run)) return run.outcome === 'incomplete' || run.warnings > 0 ? 'warned' : 'good';
  // A run that was to make no snapshot, such as one that only checks, says nothing of backups.
  return run.outcome === 'ok' ? 'none' : 'failed';
};

/** What the runs of the last 24 hours did together. */
export const sumsOfDay = ({ recent }: RunSums, nowMs: number): DaySums => {
  const runs = recent.filter(({ endedAtMs }) => endedAtMs > nowMs - dayMs);
  return {
    runs: runs.length,
    // As the trend has it: one that was stopped made no backup either.
    failed: runs.filter((run) => outcomeOf(run) === 'failed').length,
    durationMs: runs.reduce((sum, { durationMs }) => sum + durationMs, 0),
    bytesRead: sumOf(runs, 'bytesRead'),
    bytesAdded: sumOf(runs, 'bytesAdded'),
    bytesStored: sumOf(runs, 'bytesStored'),
    bytesPruned: sumOf(runs, 'bytesPruned'),
    snapshotsRemoved: sumOf(runs, 'snapshotsRemoved'),
  };
};

type Summed = 'bytesRead' | 'bytesAdded' | 'bytesStored' | 'bytesPruned' | 'snapshotsRemoved';

/** Null where no run said. */
const sumOf = (runs: readonly SummedRun[], what: Summed): number | null =>
  runs.reduce<number | null>((sum, run) => (run[what] === null ? sum : (sum ?? 0) + run[what]), null);
