import type { Heartbeat } from '@berth/common/control/lease.ts';
import type { Coordinator } from '../server/coordinator.ts';
import type { LeaseWorld } from './lease.ts';

/** Less than a coordinator that was started anew waits for those it knows of. */
const longestMs = 120_000;

/**
 * Tells the server every `heartbeatMs` that the run goes on, until the answered function is called. A server that does not answer is asked
 * again: the run goes on. `lost` is aborted when the server says that the place is another's, or that it knows of no such run.
 */
export const keepAlive = (args: {
  readonly run: string;
  readonly heartbeatMs: number;
  readonly coordinator: Pick<Coordinator, 'heartbeat'>;
  readonly sleep: LeaseWorld['sleepBeside'];
  readonly beat: () => Heartbeat;
  readonly lost: AbortController;
}): (() => void) => {
  const ended = new AbortController();
  const { signal } = ended;
  const usualMs = Math.min(Math.max(args.heartbeatMs, 1_000), 60_000);
  let pauseMs = usualMs;
  const loop = async (): Promise<void> => {
    for (;;) {
      await args.sleep(pauseMs, signal);
      if (signal.aborted) return;
      const answer = await args.coordinator.heartbeat(args.run, args.beat());
      if (signal.aborted) return;
      const isAway = answer.kind === 'failed' || answer.kind === 'no-coordinator';
      pauseMs = isAway ? Math.min(2 * pauseMs, longestMs) : usualMs;
      if (answer.kind !== 'refused' || (answer.status !== 410 && answer.status !== 404)) continue;
      args.lost.abort(new Error('lease-lost'));
      return;
    }
  };
  // Nothing in it rejects; should it ever, that is a bug and ends the program as one.
  void loop();
  return () => ended.abort();
};
