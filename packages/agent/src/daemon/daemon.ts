import type { IfDueEnd } from '../run/if-due.ts';
import { type DaemonWorld, sleepUntil } from './sleep.ts';

/** What a daemon does, for its log and for whoever asks whether it is well. */
export type DaemonEvent =
  | { readonly type: 'awake' }
  | { readonly type: 'woke'; readonly end: IfDueEnd }
  /** The wake threw. A `Problem` is the user's to mend; anything else is a bug. */
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'asleep'; readonly until: Date }
  | { readonly type: 'jumped'; readonly byMs: number };

/** As often as the timers of `berth install` fire. */
const intervalMs = 15 * 60_000;

/** Fifty containers that one host starts do not ask in the same second. */
const jitterMs = 30_000;

/** However wrong an answer is, it makes no daemon that only spins. */
const leastMs = 10_000;

/** When to wake next: when the last wake said it makes sense, at the latest after 15 min; some seconds later by chance. */
export const nextWake = (nextAt: Date | null, now: Date, random: () => number): Date => {
  const latest = now.getTime() + intervalMs;
  const wanted = Math.min(nextAt?.getTime() ?? latest, latest);
  return new Date(Math.max(wanted, now.getTime() + leastMs) + Math.round(random() * jitterMs));
};

/**
 * Wakes, sleeps, and wakes again, until `signal` aborts, which a run notices too. Neither a run that fails nor a wake that throws ends it:
 * it tries again at the next wake. Resolves when a wake that was stopped has come to its end.
 */
export const runDaemon = async (args: {
  /** One wake: `runIfDue`. */
  readonly wake: () => Promise<IfDueEnd>;
  readonly world: DaemonWorld;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DaemonEvent) => Promise<void> | void;
}): Promise<void> => {
  const { world, signal, onEvent } = args;
  while (!signal.aborted) {
    await onEvent({ type: 'awake' });
    const nextAt = await wakeOnce(args);
    if (signal.aborted) return;
    const until = nextWake(nextAt, world.now(), world.random);
    await onEvent({ type: 'asleep', until });
    const awake = await sleepUntil(until, world, signal);
    if (awake.kind === 'jumped') await onEvent({ type: 'jumped', byMs: awake.byMs });
  }
};

const wakeOnce = async ({ wake, signal, onEvent }: Parameters<typeof runDaemon>[0]): Promise<Date | null> => {
  try {
    const end = await wake();
    await onEvent({ type: 'woke', end });
    return end.kind === 'ran' ? null : end.nextAt;
  } catch (error) {
    if (!signal.aborted) await onEvent({ type: 'failed', error });
    return null;
  }
};
