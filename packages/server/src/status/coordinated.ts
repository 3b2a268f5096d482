import { printable } from '@berth/common/parsed.ts';
import type { ReportStep } from '@berth/common/report.ts';
import type { StoredFacts } from '../coordinator/link.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import type { Fleet } from '../coordinator/state/fleet.ts';
import { readFleet, readReport, readRuns } from '../coordinator/state/read.ts';

/** What the coordinator knows; `fleet` is null where none has run yet, and where `trouble` says why it can not be read. */
export interface Coordinated {
  readonly fleet: Fleet | null;
  readonly trouble: string | null;
}

/** Never throws: whatever becomes of the coordinator's files, the rest of `status` is worth showing. */
export const coordinatedIn = (
  dataDir: string,
  nowMs: number,
  storedOf: (source: string) => StoredFacts | null,
): Coordinated => {
  try {
    return { fleet: readFleet({ dataDir, uid: null, nowMs, storedOf }), trouble: null };
  } catch (error) {
    return { fleet: null, trouble: printable(error instanceof Error ? error.message : String(error), 300) };
  }
};

/** One run of a source, and what its steps said that did not end well. */
export interface SourceRun extends Omit<RunOutline, 'receivedAtMs' | 'startedAtMs' | 'endedAtMs'> {
  /** UTC, ISO 8601, by the server's clock. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Of the last run alone, and only where it did not end well: restic's, ssh's or a hook's own words. */
  readonly troubles: readonly Pick<ReportStep, 'name' | 'outcome' | 'reason' | 'words' | 'warnings'>[];
}

/** The last runs of a source, the newest first; none where nothing is known of any, or can not be read. */
export const lastRunsOf = (dataDir: string, source: string): readonly SourceRun[] => {
  const where = { dataDir, uid: null, source };
  try {
    const runs = readRuns({ ...where, most: mostRuns }) ?? [];
    return runs.map(({ receivedAtMs: _, startedAtMs, endedAtMs, ...run }, index) => ({
      ...run,
      startedAt: new Date(startedAtMs).toISOString(),
      endedAt: new Date(endedAtMs).toISOString(),
      troubles: index > 0 ? [] : troublesIn(readReport({ ...where, run: run.run })?.steps ?? []),
    }));
  } catch {
    // `status` has said why.
    return [];
  }
};

const mostRuns = 10;

const troublesIn = (steps: readonly ReportStep[]): SourceRun['troubles'] =>
  steps
    .filter(({ outcome, warnings }) => outcome !== 'ok' || warnings.length > 0)
    .map(({ name, outcome, reason, words, warnings }) => ({ name, outcome, reason, words, warnings }));
