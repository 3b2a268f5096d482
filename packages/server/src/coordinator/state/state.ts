import type { StoredFacts } from '../link.ts';
import type { Place, Slot } from '../plan/plan.ts';
import type { RunOutline } from '../reports/outline.ts';

/**
 * What the coordinator must know again after a kill -9 or a power cut, and nothing else: what it works with lies in memory. Every
 * promise resolves when the change is on the disk. Nobody has to retry: a promise that rejects with a Problem (`disk-full`,
 * `state-unwritable`) left nothing behind, and any other rejection is a bug, or a disk that can not be trusted, and ends the process.
 * There is one writer. Times are UTC milliseconds by the server's clock.
 */
export interface State {
  /** Everything that lives; called once, before anything is saved. */
  readonly load: () => Promise<Loaded>;
  /** All of it, or nothing. Saying the same twice is saying it once. */
  readonly save: (changes: Changes) => Promise<void>;
  /** Keeps a report, and ends the lease and the waiting of its run. `known`: that run's report was kept before, and stays as it was. */
  readonly addReport: (report: NewReport) => Promise<'new' | 'known'>;
  /** The last `most` runs of a source, the newest first. */
  readonly runs: (source: string, most: number) => Promise<readonly RunOutline[]>;
  /** Waits for what is under way. */
  readonly close: () => Promise<void>;
}

/** A report to be kept. */
export interface NewReport {
  readonly source: string;
  readonly outline: RunOutline;
  /** The report as JSON. */
  readonly json: string;
}

/** What is kept of a source beside its runs. */
export interface SourceRow {
  readonly name: string;
  readonly knownSinceMs: number;
  /** False when it is no longer in sources.yaml: its past stays. */
  readonly present: boolean;
  readonly hasAgent: boolean;
  readonly everyMs: number;
  readonly overdueAfterMs: number;
  /** Where it was planned last; null before it was. */
  readonly place: Place | null;
  /** The slot that began last, and the next ones, ascending. */
  readonly slots: readonly Omit<Slot, 'name'>[];
  readonly stored: StoredFacts | null;
}

/** The right to run. After a restart it begins its time anew, so when it expires is not kept. */
export interface LeaseRow {
  readonly source: string;
  readonly run: string;
  readonly reason: 'slot' | 'person';
  readonly grantedAtMs: number;
  readonly step: string | null;
  readonly bytesDone: number | null;
  readonly bytesTotal: number | null;
}

/** A place in the queue. */
export interface WaiterRow {
  readonly source: string;
  readonly run: string;
  readonly reason: 'slot' | 'person';
  readonly askedAtMs: number;
  /** As it was told last. */
  readonly position: number;
}

/** What the whole server has. */
export interface Settings {
  readonly tight: readonly { readonly text: string; readonly remedy: string }[];
}

/** One transaction's worth. What is not said stays. */
export interface Changes {
  readonly sources?: readonly SourceRow[];
  readonly leases?: readonly LeaseRow[];
  /** Sources whose lease is over. */
  readonly ended?: readonly string[];
  readonly waiting?: readonly WaiterRow[];
  /** Sources that no longer wait. */
  readonly left?: readonly string[];
  readonly settings?: Settings;
}

/** A source with what its reports said. */
export interface LoadedSource extends SourceRow {
  /** The last run that was no dry run and not `busy`, by when it ended. */
  readonly lastRun: RunOutline | null;
  /** The last of them that made a snapshot. */
  readonly lastGood: RunOutline | null;
  /** How long its last good runs held their place, the newest first. */
  readonly lengthsMs: readonly number[];
}

/** What lives. */
export interface Loaded {
  readonly sources: readonly LoadedSource[];
  readonly leases: readonly LeaseRow[];
  readonly waiting: readonly WaiterRow[];
  readonly settings: Settings;
}

/** How much is kept of one source, so that none can fill the disk. */
export const keptOfSource = { rows: 20_000, reports: 400, reportBytes: 32 * 1024 ** 2 } as const;
/** Those bounds, or a test's. */
export type Kept = { readonly [Name in keyof typeof keptOfSource]: number };
