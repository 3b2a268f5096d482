import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { type Connection, connect } from '../server/connect.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import { hostKeyChanged } from '../transport/failure.ts';
import type { HostKey } from '../transport/known-hosts.ts';
import type { Conversation } from './conversation.ts';

/** How the wait ended: the server let us in, or the time (or the wish to wait) was over. */
export type Wait = 'let-in' | 'not-yet';

/**
 * Knocks until the server lets the key in. The pauses grow to 10 s, because OpenSSH ≥ 9.8 lays a penalty on an address for each refused
 * login, by default 5 s, and bars it from 15 s on: a knock every 10 s never gets there. A server that goes away
 * meanwhile is waited for too; another host key ends it at once.
 */
export const waitUntilLetIn = async (args: {
  readonly destination: Destination;
  readonly pins: readonly HostKey[];
  readonly privateKey: string;
  readonly knownHosts: string;
  readonly keyFile: string;
  /** How often this enrolment was refused already: the first knock comes after the pause that follows those. */
  readonly knocks: number;
  /** 0, where nobody has knocked yet, knocks once. */
  readonly timeoutMs: number;
  readonly conversation: Conversation;
  readonly signal: AbortSignal;
}): Promise<Wait> => {
  const start = performance.now();
  let answer: Refusal | null = null;
  for (let { knocks } = args; ; knocks += 1) {
    if (knocks > 0) {
      const waitedMs = performance.now() - start;
      const pauseMs = pausesMs[Math.min(knocks, pausesMs.length) - 1] ?? 10_000;
      if (waitedMs + pauseMs > args.timeoutMs) return answer === null ? 'not-yet' : over(answer, args.destination);
      args.conversation.progress(progressLine(answer, args.destination, waitedMs));
      await delay(pauseMs, undefined, { signal: args.signal });
    }
    args.signal.throwIfAborted();
    const found = await connect({ ...args, deadlineMs: 15_000 });
    if (found.kind === 'open') {
      found.client.end();
      return 'let-in';
    }
    if (found.kind === 'host-key-changed') {
      throw hostKeyChanged(found.hostKey.fingerprint, { ...args, knownHostsFile: args.knownHosts, publicKey: null });
    }
    answer = found;
  }
};

/** An answer after which it makes sense to knock again. */
type Refusal = Exclude<Connection, { kind: 'open' | 'host-key-changed' }>;

const pausesMs = [1_000, 2_000, 4_000, 8_000, 10_000] as const;

const over = (answer: Refusal, destination: Destination): Wait => {
  if (answer.kind === 'key-refused') return 'not-yet';
  throw new Problem(
    'unreachable',
    `${formatDestination(destination)} cannot be reached: ${answer.detail}.`,
    'When it is back, run "berth enroll" again; it goes on where it stopped.',
  );
};

/** `answer` is null where only an earlier call has knocked, which goes on here only when the key was refused. */
const progressLine = (answer: Refusal | null, { host }: Destination, waitedMs: number): string => {
  const why =
    answer === null || answer.kind === 'key-refused' ? 'does not know the key yet' : 'does not answer right now';
  return `Waiting for the admin (${Math.round(waitedMs / 1000)} s): ${host} ${why}. Ctrl-C is fine: run the same command again to go on.`;
};
