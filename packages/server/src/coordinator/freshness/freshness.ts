import type { SourceState } from '@berth/common/control/usage.ts';

/** What is known of a source. Times are UTC milliseconds by the server's clock. */
export interface Facts {
  readonly nowMs: number;
  /** When the server first had it in sources.yaml. */
  readonly knownSinceMs: number;
  readonly overdueAfterMs: number;
  /** When the last run that made a snapshot ended, by its report. */
  readonly lastReportedSuccessMs: number | null;
  /** When a snapshot last arrived in the store, by the journal; null when none did or that is not known. */
  readonly lastSnapshotMs: number | null;
  /** When the store was last looked at; null before that. */
  readonly reviewedAtMs: number | null;
  /** The last report that was no dry run and not `busy`. */
  readonly lastReport: {
    readonly outcome: 'ok' | 'incomplete' | 'failed' | 'cancelled';
    readonly message: string | null;
    readonly warnings: number;
  } | null;
  /** Why its storage can not be read; null when it can. */
  readonly unreadable: string | null;
}

/** How a source is, and why in words; null when it is fine. */
export interface Freshness {
  readonly state: SourceState;
  readonly words: string | null;
  /** The later of what was reported and what arrived; null when it never succeeded. */
  readonly lastSuccessMs: number | null;
  /** When it becomes, or became, overdue. */
  readonly overdueAtMs: number;
}

export const freshness = (facts: Facts): Freshness => ({
  state: 'never',
  words: null,
  lastSuccessMs: null,
  overdueAtMs: facts.knownSinceMs + facts.overdueAfterMs,
});
