import type { ReportDump } from '@berth/common/report.ts';
import type { Progress } from '@berth/common/restic/backup.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { RunPolicy } from '../config/policy.ts';
import type { AgentConfig } from '../config/schema.ts';
import { type Beside, type BesideWorld, hasBeside } from './beside.ts';
import { dumpDatabases } from './dumps.ts';
import { keepFileSystems } from './file-systems.ts';
import type { Ledger } from './ledger.ts';
import { copyGroups } from './quiesced.ts';
import { okEnd, problemEnd, type Recorder, resticEnd, type StepEnd } from './recorder.ts';
import { berthTag } from './tags.ts';
import { checkStep, forgetStep, pruneStep } from './upkeep.ts';

/** What a run needs of restic. */
export type RunRestic = Pick<Restic, 'version' | 'unlock' | 'backup' | 'backupStream' | 'forget' | 'prune' | 'check'>;

/** restic, joined to one connection; disposing it ends the connection. */
export interface Reach extends AsyncDisposable {
  readonly restic: RunRestic;
  /** The same on the same connection, with these words in front of its command line: `Taken.prefix`. Where it can. */
  readonly behind?: (prefix: readonly string[]) => Promise<RunRestic>;
}

/** What survives from one try to the next: a backup that is made is not made again because prune was cut off. */
export interface Done {
  snapshot: string | null;
  resticVersion: string | null;
  /** Also says that prune and check are done: they are due no more. */
  ledger: Ledger;
  readonly finished: Set<'backup' | 'forget' | `dump:${string}` | `group:${string}`>;
  /** The last word on each dump, whichever try it came from. */
  dumps: readonly ReportDump[];
  /** Files of units that are in a snapshot: `dumpDatabase`. */
  readonly dumped: Set<string>;
  /** How often each group was made quiet. */
  readonly downs: Map<string, number>;
}

/** One try. */
export interface AttemptArguments {
  readonly number: number;
  readonly config: AgentConfig;
  readonly policy: RunPolicy;
  readonly dryRun: boolean;
  readonly done: Done;
  readonly recorder: Recorder;
  readonly reach: (signal: AbortSignal) => Promise<Reach>;
  readonly beside: BesideWorld | null;
  readonly saveLedger: (ledger: Ledger) => Promise<void>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress, step: 'backup' | 'quiesce') => void;
  /** How many bytes of an entry are on their way; nobody knows of how many. */
  readonly onDumping: (name: string, bytesDone: number) => void;
}

/** A step of a try, on its connection, with what there is beside files. Null where there was nothing to do. */
export type Step = (args: AttemptArguments, reach: Reach, beside: Beside | null) => Promise<StepEnd | null>;

/**
 * One try over one fresh connection: unlock → dumps → files → containers and units, each quiet while it is copied → forget → prune and check when
 * due, leaving out what an earlier try finished. Nothing is stopped before the connection stands, and everything runs again before forget begins.
 * Answers the reason it stopped early for (a restic failure kind or a Problem's code), or null when it came to its end. An incomplete backup
 * goes on: what is in it is worth keeping. Damage stops before anything is forgotten or pruned further.
 */
export const attempt = async (args: AttemptArguments): Promise<string | null> => {
  const { recorder, number, done, signal } = args;
  let opened: Reach | null = null;
  const connected = await recorder.step('connect', number, async () => {
    opened = await args.reach(signal);
    done.resticVersion = opened.restic.version.text;
    return okEnd;
  });
  const reach = given(opened);
  if (reach === null) return signal.aborted ? 'cancelled' : connected.reason;
  await using _ = reach;
  await using beside = await lookBeside(args);
  for (const work of [unlockStep, dumpSteps, backupStep, groupSteps, forgetStep, pruneStep, checkStep]) {
    if (signal.aborted) return 'cancelled';
    const end = await work(args, reach, beside);
    if (end !== null && (end.outcome === 'failed' || end.outcome === 'cancelled')) return end.reason;
  }
  return null;
};

/** TypeScript does not see that a closure assigned it. */
const given = (reach: Reach | null): Reach | null => reach;

/** What containers there are is a step of its own: an engine that is away must not look like a machine without containers. */
const lookBeside = async ({ beside, config, recorder, number, signal }: AttemptArguments): Promise<Beside | null> => {
  if (beside === null || !hasBeside(config)) return null;
  const found = await beside.open(config, signal);
  const { problem, unclear, groups, databases } = found;
  if (config.containers !== null || problem !== null) {
    await recorder.step('quiesce', number, async () =>
      problem === null
        ? { ...okEnd, numbers: { groups: groups.length, databases: databases.length } }
        : problemEnd(problem),
    );
  }
  for (const { container, problem: why } of unclear) {
    await recorder.step({ name: 'dump', subject: container.slice(0, 120) }, number, () => Promise.reject(why));
  }
  return found;
};

/** Removes only locks of processes that are gone: those of our own restic that a cut connection or a power cut left. */
const unlockStep: Step = async ({ recorder, number, signal, dryRun }, { restic }) =>
  dryRun
    ? null
    : recorder.step('unlock', number, async () =>
        resticEnd(await restic.unlock({ all: false }, { signal }), () => ({})),
      );

const dumpSteps: Step = async (args, { restic }, beside) =>
  beside === null ? null : dumpDatabases(args, restic, beside);

const groupSteps: Step = async (args, reach, beside) => (beside === null ? null : copyGroups(args, reach, beside));

const backupStep: Step = async (args, reach, beside) => {
  const { config, done, dryRun, signal, onProgress } = args;
  if (done.finished.has('backup')) return null;
  const { patterns, files, caches, if_present, one_file_system, larger_than } = config.exclude;
  await using kept = await keepFileSystems(args, reach, beside, { subject: null, paths: config.paths, signal });
  if (signal.aborted) return null;
  // Awaited here: the snapshots go when this function returns.
  return await args.recorder.step('backup', args.number, async () => {
    const restic = await kept.restic();
    const result = await restic.backup(
      {
        paths: config.paths,
        host: config.name,
        tags: [berthTag],
        dryRun,
        excludes: patterns,
        excludeFiles: files,
        excludeCaches: caches,
        excludeIfPresent: if_present,
        oneFileSystem: one_file_system,
        excludeLargerThanBytes: larger_than,
      },
      { signal, onProgress: (progress) => onProgress(progress, 'backup') },
    );
    if (isDone(result)) {
      done.finished.add('backup');
      done.snapshot = result.value.snapshotId;
    }
    return resticEnd(result, ({ snapshotId: _, ...numbers }) => numbers);
  });
};
