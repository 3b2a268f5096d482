import type { OwnRuns } from './due.ts';
import { newestReports } from './report-file.ts';

/** A clock that is set back by less than this has not invented a run of the future. */
const toleranceMs = 600_000;

/**
 * What this machine's own reports say of its runs, as the server counts them: a success made a snapshot and found no damage. What claims to
 * be from the future was written under a wrong clock and counts for nothing.
 */
export const readOwnRuns = async (directory: string, nowMs: number): Promise<OwnRuns> => {
  let failures = 0;
  let lastFailure: OwnRuns['lastFailure'] = null;
  for await (const { startedAt, endedAt, outcome, reason, snapshot } of newestReports(directory)) {
    const times = { startedAtMs: Date.parse(startedAt), endedAtMs: Date.parse(endedAt) };
    if (times.startedAtMs > nowMs + toleranceMs) continue;
    if (snapshot !== null && (outcome === 'ok' || outcome === 'incomplete')) {
      return { lastSuccess: times, failures, lastFailure };
    }
    failures += 1;
    lastFailure ??= { endedAtMs: times.endedAtMs, reason };
  }
  return { lastSuccess: null, failures, lastFailure };
};
