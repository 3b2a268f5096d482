import type { Heartbeat, LeaseRequest } from '@berth/common/control/lease.ts';
import type { Policy } from '@berth/common/control/policy.ts';
import type { Coordinator } from '../server/coordinator.ts';
import { keepAlive } from './heartbeat.ts';

/** What asking for a place came to. */
export type Admission =
  /** `lost` aborts when the server has given the place to another: then this try has to end. */
  | { readonly kind: 'granted'; readonly policy: Policy; readonly lost: AbortSignal; readonly waitedMs: number }
  /**
   * No one to ask, or no patience: the run goes on without. `detail` is null where no coordinator runs. A coordinator that comes back may
   * still say that there is no place for this run: then `lost` aborts.
   */
  | {
      readonly kind: 'without';
      readonly detail: string | null;
      readonly lost: AbortSignal | null;
      readonly waitedMs: number;
    }
  /** Times by this machine's clock. */
  | { readonly kind: 'not-due'; readonly nextAt: Date; readonly slotAt: Date | null }
  /** What `skip` said. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Stopped by the signal; null where it never stood in the queue. */
  | { readonly kind: 'stopped'; readonly nextAt: Date; readonly position: number | null };

/** A place in the queue, for whoever shows it. */
export interface Waiting {
  /** From 1: the next whose turn it is. */
  readonly position: number;
  readonly retryAfterMs: number;
  /** The server's: what holds the places. */
  readonly words: string;
}

/** The right of one run to go on, taken anew before each try. Disposing it stops the heartbeats; the report ends it at the server. */
export interface Lease extends Disposable {
  readonly run: string;
  /**
   * Answers at once when it is held; else stands in the queue until there is a place. `skip` is asked each time before the server is: why not
   * to run, or null. Never rejects, but for what `skip` throws.
   */
  readonly take: (signal: AbortSignal, skip?: () => Promise<{ readonly reason: string } | null>) => Promise<Admission>;
  /** What the next heartbeat says. */
  readonly progress: (beat: Heartbeat) => void;
  /** Between two tries, which may be long: no heartbeats, so that another may have the place. */
  readonly rest: () => void;
}

/** What a lease takes from the world. */
export interface LeaseWorld {
  readonly now: () => Date;
  /** Resolves after that time or as soon as `signal` aborts; never rejects. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** The same for what goes on beside the run. */
  readonly sleepBeside: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** A coordinator that was just started anew is back in seconds; one that had us in its queue is worth more patience. */
const patience = { pauseMs: 2_000, tries: 2, triesInQueue: 8 } as const;

/** How often a run without a place tells a coordinator, should it come back, that it goes on. */
const beatAnywayMs = 30_000;

/** A lease of `run`, not held yet. */
export const createLease = (args: {
  readonly run: string;
  readonly reason: LeaseRequest['reason'];
  readonly coordinator: Pick<Coordinator, 'lease' | 'heartbeat'>;
  readonly world: LeaseWorld;
  /** Asks once, and goes on without a place where there is none. */
  readonly isImpatient?: boolean;
  /** True when the server did not answer just now: then it is asked once, not waited for. */
  readonly isAway?: boolean;
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
}): Lease => {
  const { run, reason, coordinator, world } = args;
  let held: { readonly policy: Policy | null; readonly lost: AbortController; readonly end: () => void } | null = null;
  let beat: Heartbeat = { step: null, bytesDone: null, bytesTotal: null };
  let isAway = args.isAway === true;
  const rest = (): void => {
    held?.end();
    held = null;
  };
  const hold = (policy: Policy | null, heartbeatMs: number): AbortSignal => {
    const lost = new AbortController();
    const end = keepAlive({ run, heartbeatMs, coordinator, sleep: world.sleepBeside, beat: () => beat, lost });
    held = { policy, lost, end };
    return lost.signal;
  };
  const take: Lease['take'] = async (signal, skip) => {
    if (held !== null && held.policy !== null && !held.lost.signal.aborted) {
      return { kind: 'granted', policy: held.policy, lost: held.lost.signal, waitedMs: 0 };
    }
    rest();
    const startedMs = world.now().getTime();
    const waitedMs = (): number => world.now().getTime() - startedMs;
    let place: Waiting | null = null;
    let left: number = isAway ? 1 : patience.tries;
    for (;;) {
      if (signal.aborted) {
        const nextAt = new Date(world.now().getTime() + (place?.retryAfterMs ?? 0));
        return { kind: 'stopped', nextAt, position: place?.position ?? null };
      }
      const skipped = (await skip?.()) ?? null;
      if (skipped !== null) return { kind: 'skipped', reason: skipped.reason };
      const answer = await coordinator.lease({ run, reason });
      if (answer.kind !== 'ok') {
        left -= 1;
        const detail =
          answer.kind === 'no-coordinator' ? null : answer.kind === 'failed' ? answer.detail : answer.message;
        // A refusal is an answer: asking again in a moment changes nothing.
        if (left <= 0 || answer.kind === 'refused') {
          isAway = true;
          const lost = answer.kind === 'refused' ? null : hold(null, beatAnywayMs);
          return { kind: 'without', detail, lost, waitedMs: waitedMs() };
        }
        await world.sleep(patience.pauseMs, signal);
        continue;
      }
      const { value } = answer;
      isAway = false;
      if (value.kind === 'granted') {
        const lost = hold(value.policy, value.heartbeatMs);
        return { kind: 'granted', policy: value.policy, lost, waitedMs: waitedMs() };
      }
      if (value.kind === 'not-due') {
        const aheadMs = Date.parse(value.now) - world.now().getTime();
        const ours = (instant: string): Date => new Date(Date.parse(instant) - aheadMs);
        const slotAt = value.startsAt === null ? null : ours(value.startsAt);
        return { kind: 'not-due', nextAt: ours(value.askAgainAt), slotAt };
      }
      if (args.isImpatient === true) return { kind: 'without', detail: value.words, lost: null, waitedMs: waitedMs() };
      left = patience.triesInQueue;
      const { position, retryAfterMs, words } = value;
      place = { position, retryAfterMs: Math.min(Math.max(retryAfterMs, 500), 600_000), words };
      args.onWaiting?.(place);
      await world.sleep(place.retryAfterMs, signal);
    }
  };
  return {
    run,
    take,
    progress: (next) => {
      beat = next;
    },
    rest,
    [Symbol.dispose]: rest,
  };
};
