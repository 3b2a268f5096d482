import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Report } from '@berth/common/report.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Coordinator } from '../server/coordinator.ts';
import { formatDestination } from '../transport/destination.ts';
import { readAssignment } from './assignment.ts';
import { tellOfBrokenConfig } from './broken-config.ts';
import { type DueAnswer, type DueQuestion, due, wakeMs } from './due.ts';
import { handOver, refreshAssignment } from './hand-over.ts';
import { createLease } from './lease.ts';
import { isLocked, lockOrNull } from './lock.ts';
import { waitingNames } from './outbox.ts';
import { readOwnRuns } from './own-runs.ts';
import { recoverAtWake } from './recovered.ts';
import { type RunArguments, runBackup } from './run.ts';

/** What is known of a run that is due, for whoever decides whether it should rather wait. */
export interface Due {
  /** Since when it could have run: its slot, by this machine's clock. */
  readonly since: Date;
  /** The last run that made a snapshot, by this machine's clock; null when there was none. */
  readonly lastSuccessAt: Date | null;
}

/** One wake of the timer or of the daemon. */
export interface IfDueArguments extends Omit<RunArguments, 'dryRun' | 'isImpatient' | 'place'> {
  /**
   * Asked when a run is due, before anything is done for it: why it should not run now (`on-battery`, `metered`), or null. It must answer
   * null itself when the run has been put off for long enough. Asked again after every wait.
   */
  readonly skip?: (due: Due) => Promise<{ readonly reason: string } | null>;
}

/** What came of it. `nextAt` is when asking again makes sense, by this machine's clock; sooner does no harm. */
export type IfDueEnd =
  | { readonly kind: 'ran'; readonly report: Report }
  /** `slotAt` is when the next run begins, where that is known. */
  | { readonly kind: 'not-due'; readonly nextAt: Date; readonly slotAt?: Date }
  /** Stopped by `signal` while it stood in the queue. */
  | { readonly kind: 'waiting'; readonly nextAt: Date; readonly position: number }
  /** `busy`: another run, or another wake, is at it. Else what `skip` said. */
  | { readonly kind: 'skipped'; readonly reason: string; readonly nextAt: Date };

/**
 * Puts right what a killed run left behind, and runs when a run is due. Waits in this process for a slot that begins within 16 minutes, and in the queue of
 * a busy server. Reports that wait are handed in first. Throws the Problems of `loadConfig`, of which the
 * server is told where a run is due, and 'state-unwritable'; only a bug rejects
 * otherwise.
 */
export const runIfDue = async (args: IfDueArguments): Promise<IfDueEnd> => {
  const { home, world } = args;
  const config = await configOf(args);
  await recoverAtWake(args, config);
  // Not the lock of runs: while this one waits for its slot a person may well make a run.
  await using wake = await lockOrNull(join(home.state, 'wake.lock'));
  if (wake === null || (await isLocked(home.lock))) return skipped('busy', world.now());
  await using coordinator = world.coordinator(config, args.signal);
  if ((await waitingNames(home).catch(() => [])).length > 0) {
    const handed = await handOver({ home, config, coordinator, now: world.now, withinMs: 60_000 });
    args.onEvent?.({ type: 'handed-in', ...handed });
  }
  const decided = await decide(args, config, coordinator);
  // Awaited here: what is held by this function ends when it returns.
  return 'kind' in decided ? decided : await start(args, config, coordinator, decided);
};

const configOf = async ({ skip: _, ...args }: IfDueArguments): Promise<AgentConfig> => {
  try {
    return await args.loadConfig();
  } catch (error) {
    if (error instanceof Problem) await recoverAtWake(args, null);
    if (error instanceof Problem) await tellOfBrokenConfig(args, error).catch(unlessBug);
    throw error;
  }
};

/** What else is wrong is less than what is wrong with agent.yaml. */
const unlessBug = (error: unknown): void => {
  if (!(error instanceof Problem)) throw error;
};

interface Decided {
  readonly due: Due;
  /** The server was asked just now, and did not answer. */
  readonly isAway: boolean;
}

/** Asks where it has to, waits where that is short, until it is clear whether a run is due. */
const decide = async (
  args: IfDueArguments,
  config: AgentConfig,
  coordinator: Coordinator,
): Promise<Decided | IfDueEnd> => {
  const { home, world, signal } = args;
  let server: DueQuestion['server'] = 'unasked';
  for (;;) {
    const nowMs = world.now().getTime();
    const cached = await readAssignment(home.assignment, formatDestination(config.server));
    const own = await readOwnRuns(home.reports, nowMs);
    const answer: DueAnswer = due({ nowMs, cached, own, server });
    switch (answer.kind) {
      case 'ask': {
        const asked = await refreshAssignment({ home, config, coordinator, now: world.now });
        server = asked === null ? 'away' : 'answered';
        break;
      }
      case 'wait':
        if (signal.aborted) return notDue(answer.untilMs, answer.untilMs);
        await world.sleep(answer.untilMs - nowMs, signal);
        if (signal.aborted) return notDue(answer.untilMs, answer.untilMs);
        // The machine may have slept meanwhile, or made its run by hand.
        server = 'unasked';
        break;
      case 'not-due':
        return notDue(answer.nextAtMs, answer.slotAtMs);
      case 'run': {
        const lastSuccessAt = own.lastSuccess === null ? null : new Date(own.lastSuccess.endedAtMs);
        return { due: { since: new Date(answer.sinceMs), lastSuccessAt }, isAway: server === 'away' };
      }
    }
  }
};

/** Gets a place, and runs. */
const start = async (
  args: IfDueArguments,
  config: AgentConfig,
  coordinator: Coordinator,
  { due: what, isAway }: Decided,
): Promise<IfDueEnd> => {
  const { skip, ...run } = args;
  const { world, signal } = args;
  using lease = createLease({
    ...{ run: randomUUID(), reason: 'slot', coordinator, world, isAway },
    onWaiting: (waiting) => args.onEvent?.({ type: 'waiting', ...waiting }),
  });
  const admission = await lease.take(signal, async () => (await skip?.(what)) ?? null);
  switch (admission.kind) {
    case 'skipped':
      return skipped(admission.reason, world.now());
    case 'not-due':
      // The plan has changed since we were told of it.
      await refreshAssignment({ home: args.home, config, coordinator, now: world.now });
      return notDue(Math.max(admission.nextAt.getTime(), world.now().getTime()), admission.slotAt?.getTime() ?? null);
    case 'stopped':
      return admission.position === null
        ? notDue(admission.nextAt.getTime(), null)
        : { kind: 'waiting', nextAt: admission.nextAt, position: admission.position };
  }
  const { report } = await runBackup({ ...run, place: { coordinator, lease, admission } });
  return report.outcome === 'busy' ? skipped('busy', world.now()) : { kind: 'ran', report };
};

const notDue = (nextAtMs: number, slotAtMs: number | null): IfDueEnd => ({
  kind: 'not-due',
  nextAt: new Date(nextAtMs),
  ...(slotAtMs !== null && { slotAt: new Date(slotAtMs) }),
});

const skipped = (reason: string, now: Date): IfDueEnd => ({
  kind: 'skipped',
  reason,
  nextAt: new Date(now.getTime() + wakeMs),
});
