import { inOrder, leavesRoom, lookAheadMs } from './order.ts';

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
  /** When the slot begins, or began, that it asks for; null when it asks outside of any, as a person does. */
  readonly slotStartsAtMs: number | null;
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

/**
 * Whether the asker may run now, and otherwise when it should ask again. It may when there are more free places than there
 * are live waiters ahead of it (leases/order.ts), so that nobody is passed but into places that those ahead leave over. One
 * that catches up leaves room for slots that begin while it would run, or within half an hour. Who holds a lease is granted
 * it again.
 */
export const decide = (question: Question): Decision => {
  const { nowMs, concurrency, held, waiting, asker } = question;
  if (held.some(({ source }) => source === asker.source)) return { kind: 'granted' };
  const ahead = waiting.filter(
    (waiter) => waiter.source !== asker.source && waiter.keepUntilMs >= nowMs && inOrder(waiter, asker) < 0,
  );
  const isFree = concurrency - held.length > ahead.length;
  if (isFree && !(leavesRoom(asker) && isInTheWay(question, ahead.length))) return { kind: 'granted' };
  return { kind: 'waiting', position: ahead.length + 1, retryAfterMs: retryAfter(question, ahead) };
};

/** A slot that began a moment ago may still be asked for: agents do not come to the second. */
const graceMs = 2 * 60_000;

/** Whether, with this run and those ahead of it, a slot that begins soon would find no place. Leases that end before it count as free. */
const isInTheWay = ({ nowMs, concurrency, held, planned, asker }: Question, ahead: number): boolean => {
  const untilMs = nowMs + Math.min(asker.lengthMs, lookAheadMs);
  return planned
    .filter(({ source, startsAtMs }) => source !== asker.source && startsAtMs > nowMs - graceMs && startsAtMs < untilMs)
    .sort((one, other) => one.startsAtMs - other.startsAtMs)
    .some(({ startsAtMs }, before) => {
      const running = held.filter(({ endsAtMs }) => Math.max(endsAtMs, nowMs + 1) > startsAtMs).length;
      return running + ahead + 1 + before + 1 > concurrency;
    });
};

const headMs = 10_000;
const longestMs = 10 * 60_000;

/**
 * The head asks every 10 s. Others ask when half of what should be over before their turn is over: often enough to be there
 * when somebody ends early, seldom enough that a long queue costs nothing.
 */
const retryAfter = ({ nowMs, concurrency, held }: Question, ahead: readonly Asker[]): number => {
  if (ahead.length === 0) return headMs;
  const places = Math.max(1, concurrency);
  const running = held.reduce((sum, { endsAtMs }) => sum + Math.max(0, endsAtMs - nowMs), 0);
  const before = ahead.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const turnMs = (running + before) / places;
  const leastMs = headMs * Math.ceil((ahead.length + 1) / places);
  return Math.round(Math.min(Math.max(turnMs / 2, leastMs), longestMs));
};
