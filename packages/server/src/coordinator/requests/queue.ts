import { type Entry, lengthOf, type Waiter } from '../entry.ts';
import type { Fleet } from '../fleet.ts';
import { type Asker, type Decision, decide } from '../leases/decide.ts';
import { isStuck } from '../stuck.ts';

/** Whether `asker` may run now; `entry` need not be in the queue. */
export const judge = (fleet: Fleet, entry: Entry, waiter: Waiter, nowMs: number): Decision => {
  const asker = askerOf(entry, waiter, nowMs);
  const waiting = [asker];
  for (const other of fleet.waiting) {
    if (other !== entry && other.waiter !== null) waiting.push(askerOf(other, other.waiter, nowMs));
  }
  return decide({
    ...{ nowMs, concurrency: fleet.concurrency, waiting, asker },
    held: counted(fleet, nowMs).map((holder) => ({
      source: holder.name,
      endsAtMs: Math.max(nowMs, endOf(holder, nowMs)),
    })),
  });
};

/** Who holds a place that others wait for. */
const counted = (fleet: Fleet, nowMs: number): readonly Entry[] =>
  [...fleet.holding].filter((holder) => !isStuck(holder, nowMs));

const askerOf = (entry: Entry, waiter: Waiter, nowMs: number): Asker => {
  const { name, source } = entry;
  const { reason, askedAtMs, keepUntilMs, lastSuccessMs, lengthMs } = waiter;
  return {
    source: name,
    person: isPerson(entry, reason, nowMs),
    staleness: lastSuccessMs === null ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - lastSuccessMs) / source.everyMs,
    askedAtMs,
    keepUntilMs,
    lengthMs,
  };
};

const personEveryMs = 3_600_000;

/**
 * Whether a run goes before all others because a person waits for it: once an hour for each source, because an agent that
 * always says so would have everybody else wait for ever. Otherwise it stands where its staleness puts it.
 */
export const isPerson = (entry: Pick<Entry, 'personFirstAtMs'>, reason: Waiter['reason'], nowMs: number): boolean =>
  reason === 'person' && nowMs - entry.personFirstAtMs >= personEveryMs;

/** When a run that holds a place is expected to end. */
const endOf = (holder: Entry, nowMs: number): number => (holder.lease?.grantedAtMs ?? nowMs) + lengthOf(holder);

/** In words, without naming a neighbour: how long until a place is free is nobody's secret, whose it is would be. */
export const waitingWords = (fleet: Fleet, nowMs: number): string => {
  const holding = counted(fleet, nowMs);
  const held = holding.length;
  if (held < fleet.concurrency) return 'Others whose turn comes before are about to begin.';
  const ends = holding.map((holder) => endOf(holder, nowMs));
  const minutes = Math.max(1, Math.round((Math.min(...ends) - nowMs) / 60_000));
  const places = held === 1 ? 'The server lets 1 backup run at a time, and it' : `The ${held} that may run at a time`;
  return `${places} ${held === 1 ? 'runs' : 'run'}; the first place is expected to be free in about ${minutes} min.`;
};
