import type { Report, ReportStep, StepName } from '@berth/common/report.ts';

/** The failures a later try can mend: the line was cut, the server away or busy, the repository locked for a while, the place lost. */
const mendable: ReadonlySet<string> = new Set(['connection-cut', 'unreachable', 'server-busy', 'locked', 'lease-lost']);

/** Whether trying again can help. A wrong password, a changed host key, a refused key, a full quota are final. */
export const isMendable = (reason: string): boolean => mendable.has(reason);

/**
 * How long to wait before the next try: `first` doubled with each failed attempt up to `longest`, of which a random half is taken
 * away, so that fifty machines cut off together do not come back together. Attempts count from 1.
 */
export const retryDelayMs = (
  attempt: number,
  retry: { readonly first: number; readonly longest: number },
  random: () => number,
): number => {
  const whole = Math.min(retry.longest, retry.first * 2 ** Math.min(attempt - 1, 40));
  return Math.round(whole * (0.5 + 0.5 * random()));
};

/** Whether something done last at `last` is due: never done, `every` ago, or in a future that a wrong clock once wrote. */
export const isDue = (last: Date | null, every: number, now: Date): boolean =>
  last === null || last.getTime() > now.getTime() || now.getTime() - last.getTime() >= every;

/**
 * Which part of the data a check reads, as restic's `n/t`: parts take turns, so that after t checks every pack was read, which
 * shares drawn at random don't promise. restic knows at most 256 parts.
 */
export const checkPart = (sharePercent: number, last: number): { readonly part: number; readonly subset: string } => {
  const parts = Math.min(256, Math.max(1, Math.ceil(100 / sharePercent)));
  const part = (Math.max(0, Math.floor(last)) % parts) + 1;
  return { part, subset: `${part}/${parts}` };
};

/** The code of something that was made quiet for its copy and could not be started again. */
export const notStarted = 'not-started-again';

/** What the run came to, and the code that says why. */
export interface Verdict {
  readonly outcome: Report['outcome'];
  readonly reason: string | null;
}

/** Steps beside the backup of files: what they came to does not explain why there is none. */
const beside: ReadonlySet<StepName> = new Set(['recover', 'dump', 'quiesce', 'snapshot', 'restart']);

/**
 * The outcome of a whole run by the latest step of each name and subject: without a backup it failed; with one, whatever else went wrong
 * makes it incomplete, but damage in the repository is a failure, and so, before all else, is something that we stopped and that does not
 * run again.
 */
export const verdictOf = (latest: readonly ReportStep[]): Verdict => {
  const bad = latest.filter(({ outcome }) => outcome !== 'ok');
  if (bad.some(({ reason }) => reason === notStarted)) return { outcome: 'failed', reason: notStarted };
  const cancelled = bad.find(({ outcome }) => outcome === 'cancelled');
  if (cancelled !== undefined) return { outcome: 'cancelled', reason: cancelled.reason };
  const damage = bad.find(({ reason }) => reason === 'damaged');
  if (damage !== undefined) return { outcome: 'failed', reason: 'damaged' };
  const backup = latest.find(({ name }) => name === 'backup');
  const failed = bad.find(({ outcome }) => outcome === 'failed');
  if (backup === undefined || backup.outcome === 'failed') {
    const why = bad.find(({ name, outcome }) => outcome === 'failed' && !beside.has(name)) ?? failed;
    return { outcome: 'failed', reason: why?.reason ?? 'no-backup' };
  }
  const first = failed ?? bad[0];
  return first === undefined ? { outcome: 'ok', reason: null } : { outcome: 'incomplete', reason: first.reason };
};
