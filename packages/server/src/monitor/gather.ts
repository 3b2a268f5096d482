import type { Logger } from 'pino';
import type { Clock } from '../coordinator/clock.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import type { LeaseRow } from '../coordinator/state/state.ts';
import type { Condition, ConditionEvent } from '../events/condition.ts';
import type { History } from './history.ts';
import type { ToMonitor } from './link.ts';
import type { ConfigChange, Overview } from './overview.ts';
import type { MonitorSettings } from './settings.ts';
import type { MonitorState } from './state.ts';

/** What is heard from the supervisor, but for questions. */
export type Heard = Exclude<ToMonitor, { readonly type: 'ask' }>;

/** What a gatherer works with. */
export interface GathererOptions {
  /** Sizes are kept there. It is not closed with the gatherer. */
  readonly state: MonitorState;
  /** The coordinator's folder: it is only read. */
  readonly coordinator: string;
  /** A folder of the monitor's own, for copies of a database that can not be read where it is; null to make none. */
  readonly copies: string | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A run whose report has come, with its place in the order in which the coordinator took them. */
export interface NumberedRun {
  readonly seq: number;
  readonly source: string;
  readonly outline: RunOutline;
}

/**
 * Everything the monitor knows, and the one place that puts it together: what the supervisor says, what the coordinator's database
 * holds, and the sizes of the days. Nothing here throws: what can not be read is said in the overview.
 */
export class Gatherer {
  /** What is looked up only when a person asks. */
  readonly history: History;

  constructor(_options: GathererOptions) {
    throw new Error('not yet');
  }

  /** Takes a message of the link: the newest of its kind stands. */
  hear(_message: Heard): void {
    throw new Error('not yet');
  }

  /** Begins to look every second by itself, until it is closed. Tests, and whoever asks once, call `tick` instead. */
  start(): void {
    throw new Error('not yet');
  }

  /** Looks at the clock, and every two seconds at the coordinator's database; tells the listeners where anything has changed. */
  tick(): void {
    throw new Error('not yet');
  }

  /** Null before the first settings and the first facts of the server. Made when it is asked for, at most five seconds old. */
  overview(): Overview | null {
    throw new Error('not yet');
  }

  /** What is wrong now; null before the supervisor first said. */
  conditions(): readonly Condition[] | null {
    throw new Error('not yet');
  }

  /** Of the last 48 hours, the oldest first. */
  events(): readonly ConditionEvent[] {
    throw new Error('not yet');
  }

  /** Of the last 48 hours, the oldest first. */
  changes(): readonly ConfigChange[] {
    throw new Error('not yet');
  }

  /** With the secrets; null before the first. */
  settings(): MonitorSettings | null {
    throw new Error('not yet');
  }

  /** Runs that hold a place now, for pings: each has a run's id and when it began. */
  leases(): readonly LeaseRow[] {
    throw new Error('not yet');
  }

  /** The runs after `seq`, in the order in which they came, at most `most`; none while the database can not be read. */
  runsSince(_seq: number, _most: number): readonly NumberedRun[] {
    throw new Error('not yet');
  }

  /** The newest run there is, for whoever begins to ping now; 0 before the first, null while it can not be read. */
  newestSeq(): number | null {
    throw new Error('not yet');
  }

  /** Calls `listener` when something has changed, or a minute has gone by, at most once a second; returns what ends that. */
  onChange(_listener: () => void): () => void {
    throw new Error('not yet');
  }

  /** Lets go of the database and of the timer. */
  close(): void {
    throw new Error('not yet');
  }
}
