import type { SourceState } from '@berth/common/control/usage.ts';

/** A source as the coordinator knows it, for `status` and, later, the digest. Times are UTC milliseconds. */
export interface FleetSource {
  readonly name: string;
  readonly state: SourceState;
  readonly words: string | null;
  readonly lastSuccessMs: number | null;
  readonly overdueAtMs: number;
  /** Null where nothing is planned: an SFTP source, or the coordinator has not planned yet. One in the past was missed. */
  readonly nextSlotMs: number | null;
  /** Of the last run that made a snapshot; null before the first. */
  readonly lastRun: FleetRun | null;
  /** Of its databases, in words; left out where there are none. */
  readonly databases?: string;
  /** What is going on now. */
  readonly now:
    | { readonly kind: 'idle' }
    | {
        readonly kind: 'running';
        readonly sinceMs: number;
        readonly step: string | null;
        readonly percent: number | null;
      }
    | { readonly kind: 'waiting'; readonly sinceMs: number; readonly position: number };
}

/** One run, in short. */
export interface FleetRun {
  readonly run: string;
  readonly endedAtMs: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'incomplete' | 'failed' | 'cancelled';
  readonly message: string | null;
  readonly warnings: number;
  readonly bytesRead: number | null;
  /** Before and after compression. */
  readonly bytesAdded: number | null;
  readonly bytesStored: number | null;
  readonly bytesPruned: number | null;
  readonly snapshots: number | null;
}

export interface Fleet {
  readonly sources: readonly FleetSource[];
  /** What the windows can not hold: plan/plan.ts. */
  readonly tight: readonly { readonly text: string; readonly remedy: string }[];
}
