import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf } from '@berth/agent/config/home.ts';
import { runIfDue } from '@berth/agent/run/if-due.ts';
import { type RunArguments, type RunEvent, runBackup } from '@berth/agent/run/run.ts';
import { formatDuration, isMillis } from '@berth/common/duration.ts';
import type { Report } from '@berth/common/report.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { defineJob, type JobContext } from '../../jobs/job.ts';
import {
  type BackupArguments,
  type BackupProgress,
  type BackupResult,
  backupArgumentsSchema,
  backupResultSchema,
} from './arguments.ts';
import { ingestConfig } from './config.ts';
import { ingestProblem } from './ingest-problem.ts';
import { lookAtIngest } from './marker.ts';
import { listenForQuiet, type QuietNews, type WaitWorld, waitUntilQuiet } from './wait.ts';
import { ingestWorld } from './world.ts';

/**
 * One wake of a phone's backup: the agent's own `berth run --if-due`, or `berth backup` where somebody asked, in a world without ssh. It
 * runs as the phone. A folder that is not the phone's is no run. Before one that is due it waits for Syncthing to be quiet, for `settleMs` at
 * most; then it goes on, with a warning. Its progress is `BackupProgress`; it is told `ToBackup`.
 */
export const backupJob = defineJob({
  name: 'backup',
  args: backupArgumentsSchema,
  result: backupResultSchema,
  run: (context, args) => wake(context, args),
});

const wake = async (context: JobContext, args: BackupArguments): Promise<BackupResult> => {
  const { signal } = context;
  const home = homeOf({ directory: args.home, env: {}, uid: 0 });
  const look = () => lookAtIngest({ ...args, seenFile: join(home.state, 'marker') });
  const seen = await look();
  if (seen !== 'ok') {
    const { code, message, remedy } = ingestProblem(args, seen);
    return { ...nothing(code), message, remedy };
  }
  const world = ingestWorld({ ...args, home, look }, process.env['PATH'] ?? '');
  const news = listenForQuiet(context.told());
  const tell = (progress: BackupProgress): void => context.progress(progress);
  let isUnsettled = false;
  const run = {
    ...{ home, world, signal, berthVersion: packageJson.version },
    onEvent: (event) => {
      // Nobody who asks for a backup now is kept waiting for Syncthing.
      if (args.isNow && event.type === 'step' && event.step.name === 'connect') isUnsettled = news.now() === false;
      const progress = progressOf(event);
      if (progress !== null) tell(progress);
    },
    // restic compares with the paths that the folder really has, whatever link it is called by.
    loadConfig: async () => ingestConfig({ ...args, ingest: await realpath(args.ingest) }),
    warnings: () => (isUnsettled ? [unsettledWarning(args)] : []),
  } satisfies RunArguments;
  if (args.isNow) {
    const { report } = await runBackup(run);
    return ran(report);
  }
  const waiting = { steadyMs: () => performance.now(), sleep: world.sleep };
  const settle = settler({ news, settleMs: args.settleMs, world: waiting, signal, tell });
  const end = await runIfDue({
    ...run,
    skip: async () => {
      isUnsettled = (await settle()) === 'deadline';
      const now = await look();
      return now === 'ok' ? null : { reason: `ingest-${now}` };
    },
  });
  if (end.kind === 'ran') return ran(end.report);
  return { ...nothing(end.kind === 'skipped' ? end.reason : end.kind), nextAt: end.nextAt.toISOString() };
};

/** Waits once, however often it is asked: while the server is busy the run asks again and again, and the deadline is from the first time on. */
const settler = (args: {
  readonly news: QuietNews;
  readonly settleMs: number;
  readonly world: WaitWorld;
  readonly signal: AbortSignal;
  readonly tell: (progress: BackupProgress) => void;
}) => {
  const { news, settleMs, world, signal, tell } = args;
  let untilMs: number | null = null;
  return () => {
    untilMs ??= world.steadyMs() + settleMs;
    if (news.now() === false) tell({ type: 'settling' });
    return waitUntilQuiet(news, untilMs, world, signal);
  };
};

const unsettledWarning = ({ settleMs, isNow }: BackupArguments): string =>
  isNow
    ? 'syncthing-busy: Syncthing was at work when this run began; the next one has what was still to come'
    : `syncthing-busy: Syncthing was still at work after ${isMillis(settleMs) ? formatDuration(settleMs) : 'settle'}; the next run has what was still to come`;

const progressOf = (event: RunEvent): BackupProgress | null => {
  switch (event.type) {
    case 'progress': {
      const { filesDone, filesTotal, bytesDone, bytesTotal } = event.progress;
      return { type: 'progress', filesDone, filesTotal, bytesDone, bytesTotal };
    }
    case 'step':
      return { type: 'step', name: event.step.name, outcome: event.step.outcome };
    case 'retry':
      return { type: 'retry', reason: event.reason, delayMs: event.delayMs };
    case 'waiting':
      return { type: 'waiting', position: event.position };
    case 'handed-in':
    case 'dumping':
    case 'recovered':
      return null;
  }
};

const nothing = (ended: string): BackupResult => ({
  ...{ ended, outcome: null, message: null, remedy: null, warnings: [], words: [], snapshot: null, nextAt: null },
});

const unreadableRemedy =
  "What can not be read: let the phone's UID or its group read it, or exclude it: docs/phone.md.";

const lastWords = ({ name, words }: Report['steps'][number]): readonly string[] =>
  words.slice(-10).map((line) => `${name}: ${line}`);

const ran = ({ outcome, message, remedy, warnings, steps, snapshot }: Report): BackupResult => ({
  ...{ ended: 'ran', outcome, message, snapshot, nextAt: null },
  // The agent's speaks of an agent.
  remedy: outcome === 'incomplete' ? unreadableRemedy : remedy,
  words: steps
    .filter((step) => step.outcome !== 'ok')
    .flatMap(lastWords)
    .slice(-100),
  warnings: [...warnings, ...steps.flatMap((step) => step.warnings)].slice(0, 100),
});
