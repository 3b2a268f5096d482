import { randomUUID } from 'node:crypto';
import { Problem } from '@berth/common/problem.ts';
import { type Report, type ReportStep, reportVersion, type StepName } from '@berth/common/report.ts';
import type { Progress } from '@berth/common/restic/backup.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import { attempt, type Done, type Reach } from './attempt.ts';
import { isMendable, retryDelayMs, type Verdict, verdictOf } from './decide.ts';
import { explain } from './explain.ts';
import { type HookEnd, runHook } from './hook.ts';
import { readLedger, writeLedger } from './ledger.ts';
import { takeLock } from './lock.ts';
import { createRecorder, okEnd, type Recorder } from './recorder.ts';
import { writeReport } from './report-file.ts';

/** What happens during a run, for whoever shows it. */
export type RunEvent =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'step'; readonly step: ReportStep }
  /** The try failed for `reason`; the next comes after `delayMs`. */
  | { readonly type: 'retry'; readonly reason: string; readonly delayMs: number; readonly attempt: number };

/** What a run takes from the world; tests give their own. */
export interface RunWorld {
  readonly now: () => Date;
  /** Resolves after that time or as soon as `signal` aborts; never rejects. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1, as Math.random. */
  readonly random: () => number;
  /** A fresh connection and restic on it. Throws the Problems of `openTransport` and `openRestic`. */
  readonly reach: (config: AgentConfig, signal: AbortSignal) => Promise<Reach>;
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
  readonly onEvent?: (event: RunEvent) => void;
}

/** The report, and the file it was written to; null when it went to standard error. */
export interface RunEnd {
  readonly report: Report;
  readonly file: string | null;
}

/**
 * One run, start to report: lock → agent.yaml → hooks before → tries (connect, unlock, backup, forget, prune, check) with backoff until
 * `retry.for` ends → hooks after or failure → report. Whatever goes wrong is in the report, which is always written; only a bug rejects,
 * and it too leaves a report.
 */
export const runBackup = async (args: RunArguments): Promise<RunEnd> => {
  const { home, world, onEvent } = args;
  const startedAt = world.now().toISOString();
  const run = randomUUID();
  const recorder = createRecorder(world.now, (step) => onEvent?.({ type: 'step', step }));
  const done: Done = {
    snapshot: null,
    resticVersion: null,
    ledger: await readLedger(home.ledger),
    finished: new Set(),
  };
  const state: RunState = { args, run, recorder, done, source: null, attempts: 0 };
  const finish = async (
    verdict: Verdict,
    message: { readonly happened: string; readonly remedy: string } | null,
  ): Promise<RunEnd> => {
    const report: Report = {
      ...{ version: reportVersion, run, source: state.source, startedAt, endedAt: world.now().toISOString() },
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
      warnings: [],
    };
    return { report, file: await writeReport(home.reports, report, world.lastResort) };
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
    return finish({ outcome, reason: error.code }, { happened: error.message, remedy: error.remedy });
  }
};

/** Stopped while it waited for its next try, or while it connected, a run was cancelled, whatever failed before. */
const stopped = (verdict: Verdict, signal: AbortSignal): Verdict =>
  signal.aborted && verdict.outcome === 'failed' ? { outcome: 'cancelled', reason: 'cancelled' } : verdict;

interface RunState {
  readonly args: RunArguments;
  readonly run: string;
  readonly recorder: Recorder;
  readonly done: Done;
  source: string | null;
  attempts: number;
}

/** Throws only what `loadConfig` throws: without a config there are no hooks to run. */
const work = async (state: RunState): Promise<void> => {
  const { args, recorder } = state;
  const config = await args.loadConfig();
  state.source = config.name;
  if (await hooks(state, 'hook-before', config.hooks.before)) await tries(state, config);
  const verdict = stopped(verdictOf(recorder.latest()), args.signal);
  const good = verdict.outcome === 'ok' || verdict.outcome === 'incomplete';
  await hooks(state, good ? 'hook-after' : 'hook-failure', good ? config.hooks.after : config.hooks.failure);
};

/** Tries until one comes to its end, its failure is final, or `retry.for` is over. */
const tries = async (state: RunState, config: AgentConfig): Promise<void> => {
  const { args, recorder, done } = state;
  const { world, signal } = args;
  const giveUpAt = world.now().getTime() + config.retry.for;
  for (;;) {
    state.attempts += 1;
    const reason = await attempt({
      ...{ number: state.attempts, config, dryRun: args.dryRun === true, done, recorder, signal, now: world.now },
      reach: (abort) => world.reach(config, abort),
      saveLedger: (ledger) => writeLedger(args.home.ledger, ledger),
      onProgress: (progress) => args.onEvent?.({ type: 'progress', progress }),
    });
    if (reason === null || signal.aborted || !isMendable(reason)) return;
    const delayMs = retryDelayMs(state.attempts, config.retry, world.random);
    if (world.now().getTime() + delayMs > giveUpAt) return;
    args.onEvent?.({ type: 'retry', reason, delayMs, attempt: state.attempts });
    await world.sleep(delayMs, signal);
    if (signal.aborted) return;
  }
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
        ...{ BERTH_NAME: state.source ?? '', BERTH_RUN: state.run, BERTH_SNAPSHOT: done.snapshot ?? '' },
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
