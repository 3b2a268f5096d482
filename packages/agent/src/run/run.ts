import { randomUUID } from 'node:crypto';
import { Problem } from '@berth/common/problem.ts';
import {
  boundLines,
  type Report,
  type ReportStep,
  reportLimits,
  reportVersion,
  type StepName,
} from '@berth/common/report.ts';
import type { Progress } from '@berth/common/restic/backup.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { RecoverEnd } from '../recover/recover.ts';
import type { Coordinator } from '../server/coordinator.ts';
import type { Done, Reach } from './attempt.ts';
import type { BesideWorld } from './beside.ts';
import { notStarted, type Verdict, verdictOf } from './decide.ts';
import { explain } from './explain.ts';
import { type HookEnd, runHook } from './hook.ts';
import { keepReport } from './keep-report.ts';
import { type Admission, createLease, type Lease, type LeaseWorld, type Waiting } from './lease.ts';
import { readLedger } from './ledger.ts';
import { takeLock } from './lock.ts';
import type { Handed } from './outbox.ts';
import { isOutOfReach } from './reachable.ts';
import { createRecorder, okEnd, type Recorder } from './recorder.ts';
import { putRightFirst } from './recovered.ts';
import { admit, tries } from './tries.ts';

/** What happens during a run, for whoever shows it. */
export type RunEvent =
  | { readonly type: 'progress'; readonly progress: Progress }
  /** An entry of `databases:` is on its way; nobody knows how much it will be. */
  | { readonly type: 'dumping'; readonly name: string; readonly bytesDone: number }
  | { readonly type: 'step'; readonly step: ReportStep }
  /** The try failed for `reason`; the next comes after `delayMs`. */
  | { readonly type: 'retry'; readonly reason: string; readonly delayMs: number; readonly attempt: number }
  /** The server is busy: this is our place in its queue. */
  | ({ readonly type: 'waiting' } & Waiting)
  /** A wake put right what a killed run left behind. */
  | { readonly type: 'recovered'; readonly end: RecoverEnd }
  /** Reports were handed in, or still wait on this machine. */
  | ({ readonly type: 'handed-in' } & Handed);

/** What a run takes from the world; tests give their own. */
export interface RunWorld extends LeaseWorld {
  /** 0 to 1, as Math.random. */
  readonly random: () => number;
  /** A fresh connection and restic on it. Throws the Problems of `openTransport` and `openRestic`. */
  readonly reach: (config: AgentConfig, signal: AbortSignal) => Promise<Reach>;
  /** What is backed up beside files; null where there is no such thing. */
  readonly beside: BesideWorld | null;
  /** Whom to ask for a place and to hand reports to; nothing is connected before it is asked. */
  readonly coordinator: (config: Pick<AgentConfig, 'server'>, signal: AbortSignal) => Coordinator;
  /** Where a report goes that can't be written to disk: standard error. */
  readonly lastResort: (text: string) => void;
}

/** One run. */
export interface RunArguments {
  readonly home: Home;
  /** Throws the Problems of `loadConfig`. */
  readonly loadConfig: () => Promise<AgentConfig>;
  readonly world: RunWorld;
  /** Aborted by SIGINT and SIGTERM. restic is interrupted, hooks are ended, the report is still written. */
  readonly signal: AbortSignal;
  readonly berthVersion: string;
  /** Shows what a backup would do: nothing is written to the repository, nothing forgotten, and no hook runs. */
  readonly dryRun?: boolean;
  /** Runs at once, whoever else does: asks for a place, but does not wait for one. */
  readonly isImpatient?: boolean;
  /** What a wake has got already; without it the run asks for itself, as somebody who waits. */
  readonly place?: Place & { readonly admission: Admission };
  readonly onEvent?: (event: RunEvent) => void;
  /** Lines for the report of what is not right although no step of the run can tell; asked once, at its end. */
  readonly warnings?: () => readonly string[];
}

/** The server's side of a run. */
export interface Place {
  readonly coordinator: Coordinator;
  readonly lease: Lease;
}

/** The report, and the file it was written to; null when it went to standard error. */
export interface RunEnd {
  readonly report: Report;
  readonly file: string | null;
}

/**
 * One run, start to report: lock → agent.yaml → what a killed run left is put right → a place at the server → hooks before → tries (see
 * `attempt`) with backoff until `retry.for` ends → hooks after or failure → report, which is handed in. Whatever goes wrong is in the report, which is
 * always written; only a bug rejects, and it too leaves a report. A coordinator that gives no place because it is away keeps no run from going
 * on; a wake whose server can't be reached at all ends before its hooks.
 */
export const runBackup = async (args: RunArguments): Promise<RunEnd> => {
  const { home, world, onEvent } = args;
  const startedAt = world.now().toISOString();
  const run = args.place?.lease.run ?? randomUUID();
  const recorder = createRecorder(world.now, (step) => onEvent?.({ type: 'step', step }));
  const done: Done = {
    snapshot: null,
    resticVersion: null,
    ledger: await readLedger(home.ledger),
    finished: new Set(),
    dumps: [],
    dumped: new Set(),
    downs: new Map(),
  };
  await using things = new AsyncDisposableStack();
  const state: RunState = { args, run, recorder, done, things, place: null, config: null, attempts: 0 };
  const finish = async (
    verdict: Verdict,
    message: { readonly happened: string; readonly remedy: string } | null,
  ): Promise<RunEnd> => {
    const report: Report = {
      version: reportVersion,
      ...{ run, source: state.config?.name ?? null, startedAt, endedAt: world.now().toISOString() },
      versions: {
        ...{ berth: args.berthVersion, restic: done.resticVersion, node: process.versions.node },
        system: `${process.platform} ${process.arch}`,
      },
      ...verdict,
      message: message?.happened.slice(0, 4000) ?? null,
      remedy: message?.remedy.slice(0, 4000) ?? null,
      ...{ attempts: state.attempts, dryRun: args.dryRun === true, snapshot: done.snapshot },
      steps: [...recorder.steps()],
      stepsLeftOut: recorder.leftOut(),
      dumps: done.dumps.slice(0, reportLimits.dumps),
      warnings: boundLines(args.warnings?.() ?? []),
    };
    return { report, file: await keepReport(state, report) };
  };
  try {
    await using _lock = await takeLock(home.lock);
    await work(state);
    const verdict = stopped(verdictOf(recorder.latest()), args.signal);
    return await finish(verdict, explain(verdict, recorder.steps()));
  } catch (error) {
    if (!(error instanceof Problem)) {
      const happened = `berth itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      await finish({ outcome: 'failed', reason: 'bug' }, { happened, remedy: 'Report this to the makers of berth.' });
      throw error;
    }
    const outcome = error.code === 'busy' ? 'busy' : 'failed';
    return await finish({ outcome, reason: error.code }, { happened: error.message, remedy: error.remedy });
  }
};

/** Stopped while it waited for its place or for its next try, or while it connected, a run was cancelled, whatever failed before. */
const stopped = (verdict: Verdict, signal: AbortSignal): Verdict =>
  signal.aborted && verdict.outcome === 'failed' && verdict.reason !== notStarted
    ? { outcome: 'cancelled', reason: 'cancelled' }
    : verdict;

/** A run under way. */
export interface RunState {
  readonly args: RunArguments;
  readonly run: string;
  readonly recorder: Recorder;
  readonly done: Done;
  /** What ends with the run. */
  readonly things: AsyncDisposableStack;
  /** Null for a dry run, which takes nobody's, and before there is a config. */
  place: Place | null;
  config: AgentConfig | null;
  attempts: number;
}

/** Throws only what `loadConfig` throws: without a config there are no hooks to run. */
const work = async (state: RunState): Promise<void> => {
  const { args, recorder } = state;
  const config = await args.loadConfig().catch(async (error: unknown) => {
    await putRightFirst(state, null);
    throw error;
  });
  state.config = config;
  await putRightFirst(state, config);
  state.place = args.dryRun === true ? null : (args.place ?? openPlace(state, config));
  const admission = await admit(state, 0);
  if (admission === null) return;
  if (await isOutOfReach(state, config, admission)) return;
  if (await hooks(state, 'hook-before', config.hooks.before)) await tries(state, config, admission);
  const verdict = stopped(verdictOf(recorder.latest()), args.signal);
  const good = verdict.outcome === 'ok' || verdict.outcome === 'incomplete';
  await hooks(state, good ? 'hook-after' : 'hook-failure', good ? config.hooks.after : config.hooks.failure);
};

const openPlace = ({ args, run, things }: RunState, config: AgentConfig): Place => {
  const { world, isImpatient = false, onEvent } = args;
  const coordinator = things.use(world.coordinator(config, args.signal));
  const onWaiting = (waiting: Waiting): void => onEvent?.({ type: 'waiting', ...waiting });
  const lease = things.use(createLease({ run, reason: 'person', coordinator, world, isImpatient, onWaiting }));
  return { coordinator, lease };
};

/** Runs hooks one after the other until one fails; true when none did. After a cancelled run the failure hooks still get their time. */
const hooks = async (state: RunState, name: StepName, list: AgentConfig['hooks']['before']): Promise<boolean> => {
  const { args, recorder, done } = state;
  if (args.dryRun === true) return true;
  const signal = name === 'hook-before' ? args.signal : new AbortController().signal;
  for (const hook of list) {
    const verdict = stopped(verdictOf(recorder.latest()), args.signal);
    const end = await recorder.step(name, 0, async () => {
      const env = {
        ...{ BERTH_NAME: state.config?.name ?? '', BERTH_RUN: state.run, BERTH_SNAPSHOT: done.snapshot ?? '' },
        BERTH_OUTCOME: name === 'hook-before' ? '' : verdict.outcome,
        BERTH_REASON: name === 'hook-before' ? '' : (verdict.reason ?? ''),
      };
      return hookStep(await runHook(hook, env, signal));
    });
    if (end.outcome !== 'ok') return false;
  }
  return !args.signal.aborted;
};

const hookStep = ({ outcome, reason, words }: HookEnd) => ({ ...okEnd, outcome, reason, words: [...words] });
