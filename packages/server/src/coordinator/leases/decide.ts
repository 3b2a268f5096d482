/** Somebody who wants to run now. Times are UTC milliseconds. */
export interface Asker {
  readonly source: string;
  /** Somebody sits before it: stands before all others. */
  readonly person: boolean;
  /** How old its last success is, in its own periods; Infinity when there is none. 1 is on time, 2 is a whole period late. */
  readonly staleness: number;
  /** When it began to wait: the earlier goes first among equals. */
  readonly askedAtMs: number;
  /** Until when it has to ask again before it loses its place in the queue. */
  readonly keepUntilMs: number;
  readonly lengthMs: number;
}

export interface Question {
  readonly nowMs: number;
  readonly concurrency: number;
  /** Leases that are held now, and when each is expected to end. */
  readonly held: readonly { readonly source: string; readonly endsAtMs: number }[];
  /** Everybody who waits, the asker included. */
  readonly waiting: readonly Asker[];
  /** Slots that begin soon, of sources that neither wait nor hold a lease. */
  readonly planned: readonly { readonly source: string; readonly startsAtMs: number }[];
  readonly asker: Asker;
}

export type Decision =
  | { readonly kind: 'granted' }
  | { readonly kind: 'waiting'; readonly position: number; readonly retryAfterMs: number };

/** Whether the asker may run now, and otherwise when it should ask again. */
export const decide = (_question: Question): Decision => ({ kind: 'granted' });
