import { inOrder } from './order.ts';

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
  readonly asker: Asker;
}

export type Decision =
  | { readonly kind: 'granted' }
  | { readonly kind: 'waiting'; readonly position: number; readonly retryAfterMs: number };

/**
 * Whether the asker may run now, and otherwise when it should ask again. It may when there are more free places than there
 * are live waiters ahead of it (leases/order.ts), so that nobody is passed but into places that those ahead leave over. No
 * place is held for slots to come: it would stand empty while others wait. Who holds a lease is granted it again.
 */
export const decide = (question: Question): Decision => {
  const { nowMs, concurrency, held, waiting, asker } = question;
  if (held.some(({ source }) => source === asker.source)) return { kind: 'granted' };
  const ahead = waiting.filter(
    (waiter) => waiter.source !== asker.source && waiter.keepUntilMs >= nowMs && inOrder(waiter, asker) < 0,
  );
  if (concurrency - held.length > ahead.length) return { kind: 'granted' };
  return { kind: 'waiting', position: ahead.length + 1, retryAfterMs: retryAfter(question, ahead) };
};

const headMs = 10_000;
const longestMs = 10 * 60_000;

/**
 * The head asks every 10 s. Others ask when half of what should be over before their turn is over, but no later than 10 s for
 * each place in the queue: one that is free earlier than expected stands empty until its next asks. At the most every 10 min, so that a long queue costs nothing.
 */
const retryAfter = ({ nowMs, concurrency, held }: Question, ahead: readonly Asker[]): number => {
  const position = ahead.length + 1;
  const places = Math.max(1, concurrency);
  const running = held.reduce((sum, { endsAtMs }) => sum + Math.max(0, endsAtMs - nowMs), 0);
  const before = ahead.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const turnMs = (running + before) / places;
  const [leastMs, mostMs] = [headMs * Math.ceil(position / places), headMs * position];
  return Math.round(Math.min(Math.max(turnMs / 2, leastMs), mostMs, longestMs));
};
