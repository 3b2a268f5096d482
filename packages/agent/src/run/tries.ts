import { noPolicy, type Policy } from '@berth/common/control/policy.ts';
import { policyOf } from '../config/policy.ts';
import type { AgentConfig } from '../config/schema.ts';
import { formatDestination } from '../transport/destination.ts';
import { readAssignment } from './assignment.ts';
import { attempt } from './attempt.ts';
import { isMendable, retryDelayMs } from './decide.ts';
import type { Admission, Lease } from './lease.ts';
import { writeLedger } from './ledger.ts';
import { okEnd, problemEnd, type Recorder } from './recorder.ts';
import type { RunState } from './run.ts';

/**
 * Takes the place, waiting for it, and notes how that went; answers null where the run has to end before it began. No step is noted where
 * the server has no coordinator: there was nothing to ask for.
 */
export const admit = async ({ args, recorder, place }: RunState, number: number): Promise<Admission | null> => {
  if (place === null) return { kind: 'without', detail: null, lost: null, waitedMs: 0 };
  const began = args.world.now();
  const admission = (number === 0 ? args.place?.admission : undefined) ?? (await place.lease.take(args.signal));
  if (admission.kind === 'granted' || (admission.kind === 'without' && admission.detail !== null)) {
    const words = admission.kind === 'without' ? [`no place was given: ${admission.detail}`] : [];
    const { waitedMs } = admission;
    const end = { ...okEnd, numbers: { waitedMs }, words };
    await recorder.step('lease', number, async () => end, began);
    return admission;
  }
  return admission.kind === 'without' ? admission : null;
};

/** Tries until one comes to its end, its failure is final, or `retry.for` is over; time spent in the server's queue does not count. */
export const tries = async (state: RunState, config: AgentConfig, first: Admission): Promise<void> => {
  const { args, recorder, done } = state;
  const { world, signal } = args;
  let giveUpAt = world.now().getTime() + config.retry.for;
  let admission: Admission | null = first;
  let granted: Policy | null = null;
  for (;;) {
    state.attempts += 1;
    if (admission.kind === 'granted') granted = admission.policy;
    const lost = admission.kind === 'granted' || admission.kind === 'without' ? admission.lost : null;
    const isLost = (): boolean => lost?.aborted === true && !signal.aborted;
    const ended = await attempt({
      ...{ number: state.attempts, config, dryRun: args.dryRun === true, done, now: world.now },
      policy: policyOf(config, granted ?? (await policySaidLast(state, config))),
      recorder: guarded(recorder, isLost, state.place?.lease ?? null),
      signal: lost === null ? signal : AbortSignal.any([signal, lost]),
      reach: (abort) => world.reach(config, abort),
      beside: world.beside,
      saveLedger: (ledger) => writeLedger(args.home.ledger, ledger),
      onProgress: (progress, step) => {
        const { bytesDone, bytesTotal } = progress;
        state.place?.lease.progress({ step, bytesDone, bytesTotal });
        args.onEvent?.({ type: 'progress', progress });
      },
      onDumping: (name, bytesDone) => {
        state.place?.lease.progress({ step: 'dump', bytesDone, bytesTotal: null });
        args.onEvent?.({ type: 'dumping', name, bytesDone });
      },
    });
    const reason = ended !== null && isLost() ? 'lease-lost' : ended;
    if (reason === null || signal.aborted || !isMendable(reason)) return;
    const delayMs = retryDelayMs(state.attempts, config.retry, world.random);
    if (world.now().getTime() + delayMs > giveUpAt) return;
    args.onEvent?.({ type: 'retry', reason, delayMs, attempt: state.attempts });
    state.place?.lease.rest();
    await world.sleep(delayMs, signal);
    if (signal.aborted) return;
    const asked = world.now().getTime();
    admission = await admit(state, state.attempts + 1);
    if (admission === null) return;
    giveUpAt += world.now().getTime() - asked;
  }
};

/** For a run that never was given a place, and so no policy with it: what the server said last. */
const policySaidLast = async ({ args }: RunState, config: AgentConfig): Promise<Policy> => {
  const cached = await readAssignment(args.home.assignment, formatDestination(config.server));
  return cached?.assignment.policy ?? noPolicy;
};

/** Tells the heartbeats which step it is; a step that ends because the place was lost says so, and is no wish of the user's. */
const guarded = (recorder: Recorder, isLost: () => boolean, lease: Lease | null): Recorder => ({
  ...recorder,
  step: (about, attemptNumber, work) => {
    lease?.progress({ step: typeof about === 'string' ? about : about.name, bytesDone: null, bytesTotal: null });
    return recorder.step(about, attemptNumber, async () => {
      const end = await work().catch(problemEnd);
      if (end.outcome !== 'cancelled' || !isLost()) return end;
      return { ...end, outcome: 'failed', reason: 'lease-lost' };
    });
  },
});
