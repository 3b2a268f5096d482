import { readFile } from 'node:fs/promises';
import { noPolicy } from '@berth/common/control/policy.ts';
import { type Usage, usageSchema } from '@berth/common/control/usage.ts';
import { isErrno } from '@berth/common/errno.ts';
import type { Home } from '../config/home.ts';
import { policyOf } from '../config/policy.ts';
import type { AgentConfig } from '../config/schema.ts';
import { type Skipped, waitingFor } from '../power/skipped.ts';
import { type CachedAssignment, readAssignment } from '../run/assignment.ts';
import { readLedger } from '../run/ledger.ts';
import { type OutboxState, readOutbox } from '../run/outbox-state.ts';
import { connect } from '../server/connect.ts';
import { askCoordinator } from '../server/control.ts';
import { formatDestination } from '../transport/destination.ts';
import { readPins } from '../transport/known-hosts.ts';
import { type History, readHistory } from './history.ts';

/** How the server is, seen from here. `usage` is what its coordinator says of this machine, null where none answers. */
export type ServerStatus =
  | { readonly kind: 'reachable'; readonly usage: Usage | null }
  | { readonly kind: 'not-asked' }
  | {
      readonly kind: 'not-enrolled' | 'host-key-changed' | 'key-refused' | 'busy' | 'unreachable';
      readonly detail: string;
    };

/** How this machine's backup is doing. Times are RFC 3339 in UTC. */
export interface Status extends History {
  readonly name: string;
  readonly destination: string;
  /** The process of a run that is going on, null where none is. */
  readonly running: number | null;
  /** When the next run will prune and check; a past moment means with the next run. */
  readonly due: { readonly prune: string; readonly check: string };
  /** When the server wants the next run, as it said now or at last; null where it never said. In the past: it is due. */
  readonly nextSlotAt: string | null;
  /** When the server calls this machine overdue; null where it does not say. */
  readonly overdueAt: string | null;
  /** The last snapshot is older than the server last said it may be (`overdueAfterMs`), or than two days where it never did. */
  readonly isLate: boolean;
  /** Why a run that is due is put off: power/skipped.ts. */
  readonly waitingFor: Skipped | null;
  /** Reports the server does not have. */
  readonly outbox: OutboxState;
  readonly server: ServerStatus;
}

/** Gathers the status: from disk, and unless `offline` by one login at the server. Changes nothing. */
export const readStatus = async (args: {
  readonly config: AgentConfig;
  readonly home: Home;
  readonly now: Date;
  readonly offline: boolean;
}): Promise<Status> => {
  const { config, home, now } = args;
  const [history, ledger, running, server, cached, outbox] = await Promise.all([
    readHistory(home.reports),
    readLedger(home.ledger),
    runningProcess(home.lock),
    args.offline ? ({ kind: 'not-asked' } as const) : askServer(config, home),
    readAssignment(home.assignment, formatDestination(config.server)),
    readOutbox(home),
  ]);
  const usage = server.kind === 'reachable' ? server.usage : null;
  const policy = policyOf(config, cached?.assignment.policy ?? noPolicy);
  const lastSuccessAt = history.lastSnapshot === null ? null : new Date(history.lastSnapshot.endedAt);
  return {
    name: config.name,
    destination: formatDestination(config.server),
    running,
    ...history,
    due: {
      prune: dueAt(ledger.prunedAt, policy.prune.every, now).toISOString(),
      check: dueAt(ledger.checkedAt, policy.check.every, now).toISOString(),
    },
    nextSlotAt: nextSlot(usage, cached, now),
    overdueAt: overdueAt(usage),
    isLate: isLate(lastSuccessAt, usage?.overdueAfterMs ?? cached?.assignment.overdueAfterMs ?? 2 * day, now),
    waitingFor: await waitingFor(home, { now, lastSuccessAt }),
    outbox,
    server,
  };
};

const day = 86_400_000;

/** One that is not there at all is not late, it is missing. */
const isLate = (lastSuccessAt: Date | null, afterMs: number, now: Date): boolean =>
  lastSuccessAt !== null && now.getTime() - lastSuccessAt.getTime() > afterMs;

/** By this machine's clock, from the server's: now, or when it was last asked. */
const nextSlot = (usage: Usage | null, cached: CachedAssignment | null, now: Date): string | null => {
  if (usage !== null) return usage.nextSlotAt === null ? null : ours(usage.nextSlotAt, usage, now);
  const slot = cached?.assignment.slot ?? null;
  return cached === null || slot === null ? null : new Date(Date.parse(slot.startsAt) - cached.aheadMs).toISOString();
};

const overdueAt = (usage: Usage | null): string | null =>
  usage === null || usage.lastSuccessAt === null
    ? null
    : new Date(Date.parse(usage.lastSuccessAt) + usage.overdueAfterMs).toISOString();

const ours = (instant: string, usage: Usage, now: Date): string =>
  new Date(Date.parse(instant) - (Date.parse(usage.now) - now.getTime())).toISOString();

/** The rule of `isDue` in run/decide.ts, as a moment. */
const dueAt = (last: Date | null, everyMs: number, now: Date): Date =>
  last === null || last.getTime() > now.getTime() ? now : new Date(last.getTime() + everyMs);

/** Who run/lock.ts says holds the lock. The lock itself is not tried: a run that starts in that moment would find it taken. */
const runningProcess = async (lock: string): Promise<number | null> => {
  const text = await readFile(`${lock}.pid`, 'utf8').catch(() => '');
  const pid = /^\d{1,10}\n$/.test(text) ? Number(text) : null;
  return pid !== null && lives(pid) ? pid : null;
};

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process lives too.
    return isErrno(error, 'EPERM');
  }
};

const askServer = async ({ server }: AgentConfig, home: Home): Promise<ServerStatus> => {
  const pins = await readPins(home.knownHosts);
  const privateKey = await readFile(home.key, 'utf8').catch(() => null);
  if (pins.length === 0 || privateKey === null) {
    return { kind: 'not-enrolled', detail: 'there is no key or no pinned host key: run "berth enroll"' };
  }
  const answer = await connect({ destination: server, pins, privateKey, deadlineMs: 15_000 });
  switch (answer.kind) {
    case 'open': {
      const usage = await askCoordinator(answer.client, '/v1/usage', usageSchema, 10_000);
      answer.client.end();
      return { kind: 'reachable', usage: usage.kind === 'ok' ? usage.value : null };
    }
    case 'host-key-changed':
      return { kind: answer.kind, detail: `it shows ${answer.hostKey.fingerprint}, which is not pinned` };
    case 'key-refused':
      return { kind: answer.kind, detail: 'it does not know our key' };
    default:
      return answer;
  }
};
