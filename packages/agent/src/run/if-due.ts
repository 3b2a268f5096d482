import type { Report } from '@berth/common/report.ts';
import type { RunArguments } from './run.ts';

/** What is known of a run that is due, for whoever decides whether it should rather wait. */
export interface Due {
  /** Since when it could have run: its slot, by this machine's clock. */
  readonly since: Date;
  /** The last run that made a snapshot, by this machine's clock; null when there was none. */
  readonly lastSuccessAt: Date | null;
}

/** One wake of the timer or of the daemon. */
export interface IfDueArguments extends Omit<RunArguments, 'dryRun'> {
  /**
   * Asked when a run is due, before anything is done for it: why it should not run now (`on-battery`, `metered`), or null. It must answer
   * null itself when the run has been put off for long enough. Asked again after every wait.
   */
  readonly skip?: (due: Due) => Promise<{ readonly reason: string } | null>;
}

/** What came of it. `nextAt` is when asking again makes sense, by this machine's clock; sooner does no harm. */
export type IfDueEnd =
  | { readonly kind: 'ran'; readonly report: Report }
  | { readonly kind: 'not-due'; readonly nextAt: Date }
  /** Stopped by `signal` while it stood in the queue. */
  | { readonly kind: 'waiting'; readonly nextAt: Date; readonly position: number }
  /** `busy`: another run, or another wake, is at it. Else what `skip` said. */
  | { readonly kind: 'skipped'; readonly reason: string; readonly nextAt: Date };

/**
 * Runs when a run is due, and does nothing otherwise. Waits in this process for a slot that begins within 16 minutes, and in the queue of
 * a busy server. Throws the Problems of `loadConfig`; only a bug rejects otherwise.
 */
export const runIfDue = async (_args: IfDueArguments): Promise<IfDueEnd> => ({ kind: 'not-due', nextAt: new Date(0) });
