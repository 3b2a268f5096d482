import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeaseAnswer } from '@berth/common/control/lease.ts';
import { noPolicy, type Policy } from '@berth/common/control/policy.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import type { BackupRequest, BackupSummary } from '@berth/common/restic/backup.ts';
import type { FailureKind } from '@berth/common/restic/classify.ts';
import type { Done, Failed, ResticResult } from '@berth/common/restic/result.ts';
import { homeOf } from '../config/home.ts';
import { parseConfig } from '../config/load.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Answer } from '../server/control.ts';
import type { Coordinator } from '../server/coordinator.ts';
import type { RunRestic } from './attempt.ts';
import { type RunArguments, type RunEvent, runBackup } from './run.ts';
import { berthTag } from './tags.ts';

const silent = { words: [], warnings: [], itemErrors: [], itemErrorCount: 0 };

/** A command that did its work. */
export const ok = <Value>(value: Value): Done<Value> => ({ ...silent, kind: 'ok', value });
/** A command that failed. */
export const failed = (kind: FailureKind, ...words: string[]): Failed => ({ ...silent, kind, words, exitCode: 1 });

const summary: BackupSummary = {
  snapshotId: 'e32c3a72',
  filesNew: 1,
  filesChanged: 0,
  filesUnmodified: 0,
  filesProcessed: 1,
  bytesProcessed: 10,
  bytesAdded: 10,
  bytesAddedPacked: null,
};

/** What is not usual of it. */
const backupNote = ({ dryRun, tags = [], parent }: Pick<BackupRequest, 'dryRun' | 'tags' | 'parent'>): string =>
  [
    ...(dryRun === true ? [' dry'] : []),
    ...(tags.join() === berthTag ? [] : [` ${tags.join()}`]),
    ...(parent === undefined ? [] : [` since ${parent}`]),
  ].join('');

/** agent.yaml with three lines and whatever a test adds. */
export const configWith = (more = ''): AgentConfig => {
  const parsed = parseConfig('agent.yaml', `server: nas\nname: box\npaths: [/home]\n${more}`);
  if (parsed.ok) return parsed.config;
  throw new Error(JSON.stringify(parsed.findings));
};

/** A server without one. */
export const noCoordinator: Coordinator = {
  assignment: async () => ({ kind: 'no-coordinator' }),
  usage: async () => ({ kind: 'no-coordinator' }),
  lease: async () => ({ kind: 'no-coordinator' }),
  heartbeat: async () => ({ kind: 'no-coordinator' }),
  deliver: async () => ({ kind: 'no-coordinator' }),
  [Symbol.asyncDispose]: async () => undefined,
};

type Command = Exclude<keyof RunRestic, 'version'> | 'connect';

/**
 * A run with a home of its own, a clock that only sleeping moves, and a restic that does what `answers` say: for each command a list,
 * one per call, null for success; after the list it succeeds. `calls` is what was asked, in order.
 */
export const stage = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-run-'));
  const home = homeOf({ directory, env: {}, uid: 0 });
  const calls: string[] = [];
  const events: RunEvent[] = [];
  const lastWords: string[] = [];
  const abort = new AbortController();
  const answers: Partial<Record<Command, (Failed | Error | null)[]>> = {};
  let open = 0;
  let tick: () => void = () => undefined;
  let time = Date.parse('2026-11-14T03:00:00Z');

  const next = async <Value>(command: Command, value: Value, note = ''): Promise<ResticResult<Value>> => {
    calls.push(`${command}${note}`);
    time += 1000;
    const work = during[command];
    delete during[command];
    await work?.();
    const answer = answers[command]?.shift() ?? null;
    if (answer instanceof Error) throw answer;
    return answer ?? ok(value);
  };
  /** Does something in the middle of a command, once, before its answer. */
  const during: Partial<Record<Command, () => Promise<void>>> = {};
  const restic: RunRestic = {
    version: { major: 0, minor: 14, patch: 0, text: '0.14.0' },
    unlock: async () => next('unlock', null),
    backup: async (request) =>
      next('backup', request.dryRun === true ? { ...summary, snapshotId: null } : summary, backupNote(request)),
    forget: async ({ host, tags }) => next('forget', { kept: 3, removed: 1 }, ` ${host} ${tags.join()}`),
    backupStream: async ({ filename }, produce, call) => {
      await produce({ write: async () => undefined }, call.signal ?? abort.signal);
      return next('backupStream', { ...summary, bytes: 10 }, ` ${filename}`);
    },
    prune: async () => next('prune', { bytesRemoved: 5, bytesRemaining: null }),
    check: async ({ readDataSubset }) => next('check', null, ` ${readDataSubset}`),
  };
  const world: RunArguments['world'] = {
    now: () => new Date(time),
    sleep: async (delayMs) => {
      time += delayMs;
    },
    sleepBeside: (_delayMs, signal) =>
      new Promise((resolve) => {
        tick = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    random: () => 0.5,
    beside: null,
    coordinator: () => noCoordinator,
    reach: async () => {
      await next('connect', null);
      open += 1;
      return {
        restic,
        behind: async (prefix) => {
          calls.push(prefix.join(' '));
          return restic;
        },
        [Symbol.asyncDispose]: async () => {
          open -= 1;
        },
      };
    },
    lastResort: (text) => void lastWords.push(text),
  };
  const run = async (config: AgentConfig | Error = configWith(), more: Partial<RunArguments> = {}) =>
    runBackup({
      home,
      loadConfig: async () => {
        if (config instanceof Error) throw config;
        return config;
      },
      world,
      signal: abort.signal,
      berthVersion: '0.1.0',
      onEvent: (event) => events.push(event),
      ...more,
    });
  /** The reports on disk, checked against the schema, oldest first. */
  const reports = async () => {
    const files = await readdir(home.reports).catch(() => []);
    return Promise.all(
      files
        .toSorted()
        .map(async (file) => reportSchema.parse(JSON.parse(await readFile(join(home.reports, file), 'utf8')))),
    );
  };
  return {
    ...{ home, calls, events, lastWords, abort, answers, during, world, run, reports },
    connections: () => open,
    /** Lets one heartbeat be sent, and answered. */
    beat: async () => {
      tick();
      await new Promise((resolve) => setImmediate(resolve));
    },
    pass: (ms: number) => {
      time += ms;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};

/** A coordinator of the tests, and what it was asked. */
export interface FakeCoordinator {
  readonly calls: string[];
  readonly kept: Report[];
  isAway: boolean;
  policy: Policy;
  /** How much its clock is ahead. */
  aheadMs: number;
  /** By its own clock. */
  slot: Date | null;
  /** Answers before a place is given. */
  leases: LeaseAnswer[];
  /** Statuses of the next heartbeats; 200 after them. */
  beats: number[];
  coordinator: Coordinator;
}

/** A coordinator by the clock of `now`: it plans what `slot` says, gives each run a place, and keeps reports once. All of it can be changed. */
export const fakeCoordinator = (now: () => Date): FakeCoordinator => {
  const calls: string[] = [];
  const kept: Report[] = [];
  const it: FakeCoordinator = {
    ...{ calls, kept, isAway: false, policy: noPolicy, aheadMs: 0, slot: null, leases: [], beats: [] },
    coordinator: noCoordinator,
  };
  const time = (): string => new Date(now().getTime() + it.aheadMs).toISOString();
  const answer = async <Value>(call: string, value: () => Value): Promise<Answer<Value>> => {
    if (it.isAway) return { kind: 'failed', detail: 'it is away' };
    calls.push(call);
    return { kind: 'ok', status: 200, value: value() };
  };
  it.coordinator = {
    ...noCoordinator,
    assignment: () =>
      answer('assignment', () => ({
        ...{ version: 1, source: 'box', now: time(), everyMs: 86_400_000, lastSuccessAt: null },
        slot: it.slot === null ? null : { startsAt: it.slot.toISOString(), closesAt: null },
        askAgainAt: new Date(now().getTime() + it.aheadMs + 6 * 3_600_000).toISOString(),
        ...{ overdueAfterMs: 172_800_000, policy: it.policy },
      })),
    lease: ({ reason }) =>
      answer(
        `lease ${reason}`,
        () =>
          it.leases.shift() ?? {
            ...{ kind: 'granted', now: time(), expiresAt: time(), heartbeatMs: 30_000, policy: it.policy },
          },
      ),
    heartbeat: async () => {
      const status = it.beats.shift() ?? 200;
      if (status === 200) return answer('beat', () => ({ expiresAt: time() }));
      return { kind: 'refused', status, code: 'lease-lost', message: 'The place is taken.', remedy: 'Ask again.' };
    },
    deliver: (_run, { report }) =>
      answer('deliver', () => {
        if (kept.some(({ run }) => run === report.run)) return { kept: 'known' };
        kept.push(report);
        return { kept: 'new' };
      }),
  };
  return it;
};
