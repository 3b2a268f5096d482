import { type Entry, lengthOf, nextRunOf, stalenessOf, type Waiter } from '../entry.ts';
import type { Fleet } from '../fleet.ts';
import { type Asker, type Decision, decide } from '../leases/decide.ts';

/** How far ahead the queue looks for slots that begin: no asker leaves room for later ones. */
const aheadMs = 30 * 60_000;
/** A slot that began so long ago and that nobody asked for is a machine that sleeps: it asks when it wakes. */
const justBegunMs = 2 * 60_000;

/** Whether `asker` may run now; `entry` need not be in the queue. */
export const judge = (fleet: Fleet, entry: Entry, asker: Asker, nowMs: number): Decision => {
  const others = [...fleet.waiting].filter((other) => other !== entry);
  return decide({
    nowMs,
    concurrency: fleet.concurrency,
    held: [...fleet.holding].map((holder) => ({
      source: holder.name,
      endsAtMs: Math.max(nowMs, (holder.lease?.grantedAtMs ?? nowMs) + lengthOf(holder)),
    })),
    waiting: [...others.flatMap((other) => (other.waiter === null ? [] : askerOf(other, other.waiter, nowMs))), asker],
    planned: fleet
      .plannedWithin(nowMs - justBegunMs, nowMs + aheadMs, nowMs)
      .filter(({ source }) => source !== entry.name),
    asker,
  });
};

/** A source that waits, or wants to, as the queue sees it. */
export const askerOf = (
  entry: Entry,
  { reason, askedAtMs, keepUntilMs }: Pick<Waiter, 'reason' | 'askedAtMs' | 'keepUntilMs'>,
  nowMs: number,
): Asker => ({
  ...{ source: entry.name, person: reason === 'person', askedAtMs, keepUntilMs },
  ...{ staleness: stalenessOf(entry, nowMs), lengthMs: lengthOf(entry) },
  slotStartsAtMs: reason === 'person' ? null : (nextRunOf(entry, nowMs)?.startsAtMs ?? null),
});

/** In words, without naming a neighbour: how long until a place is free is nobody's secret, whose it is would be. */
export const waitingWords = (fleet: Fleet, nowMs: number): string => {
  const held = fleet.holding.size;
  if (held < fleet.concurrency) return 'Others whose turn comes before are about to begin.';
  const ends = [...fleet.holding].map((holder) => (holder.lease?.grantedAtMs ?? nowMs) + lengthOf(holder));
  const minutes = Math.max(1, Math.round((Math.min(...ends) - nowMs) / 60_000));
  const places = held === 1 ? 'The server lets 1 backup run at a time, and it' : `The ${held} that may run at a time`;
  return `${places} ${held === 1 ? 'runs' : 'run'}; the first place is expected to be free in about ${minutes} min.`;
};
