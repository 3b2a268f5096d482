import type { ReportDump } from '@berth/common/report.ts';
import type { Progress } from '@berth/common/restic/backup.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { RunPolicy } from '../config/policy.ts';
import type { AgentConfig } from '../config/schema.ts';
import { checkPart, isDue } from './decide.ts';
import type { Ledger } from './ledger.ts';
import { okEnd, type Recorder, resticEnd, type StepEnd } from './recorder.ts';

/** What a run needs of restic. */
export type RunRestic = Pick<Restic, 'version' | 'unlock' | 'backup' | 'forget' | 'prune' | 'check'>;

/** restic, joined to one connection; disposing it ends the connection. */
export interface Reach extends AsyncDisposable {
  readonly restic: RunRestic;
}

/** What survives from one try to the next: a backup that is made is not made again because prune was cut off. */
export interface Done {
  snapshot: string | null;
  resticVersion: string | null;
  /** Also says that prune and check are done: they are due no more. */
  ledger: Ledger;
  readonly finished: Set<'backup' | 'forget'>;
  /** The last word on each dump, whichever try it came from. */
  dumps: readonly ReportDump[];
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
  readonly saveLedger: (ledger: Ledger) => Promise<void>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const hour = 3_600_000;

/** Every snapshot of ours carries it; retention looks at nothing else. */
export const berthTag = 'berth';

/**
 * One try over one fresh connection: unlock → backup → forget → prune and check when due, leaving out what an earlier try finished.
 * Answers the reason it stopped early for (a restic failure kind or a Problem's code), or null when it came to its end. An incomplete
 * backup goes on: what is in it is worth keeping. Damage stops before anything is forgotten or pruned further.
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
  const { restic } = reach;
  for (const work of [unlockStep, backupStep, forgetStep, pruneStep, checkStep]) {
    if (signal.aborted) return 'cancelled';
    const end = await work(args, restic);
    if (end !== null && (end.outcome === 'failed' || end.outcome === 'cancelled')) return end.reason;
  }
  return null;
};

/** TypeScript does not see that a closure assigned it. */
const given = (reach: Reach | null): Reach | null => reach;

type Step = (args: AttemptArguments, restic: RunRestic) => Promise<StepEnd | null>;

/** Removes only locks of processes that are gone: those of our own restic that a cut connection or a power cut left. */
const unlockStep: Step = async ({ recorder, number, signal, dryRun }, restic) =>
  dryRun
    ? null
    : recorder.step('unlock', number, async () =>
        resticEnd(await restic.unlock({ all: false }, { signal }), () => ({})),
      );

const backupStep: Step = async (args, restic) => {
  const { config, done, dryRun, signal, onProgress } = args;
  if (done.finished.has('backup')) return null;
  const { patterns, files, caches, if_present, one_file_system, larger_than } = config.exclude;
  return args.recorder.step('backup', args.number, async () => {
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
      { signal, onProgress },
    );
    if (isDone(result)) {
      done.finished.add('backup');
      done.snapshot = result.value.snapshotId;
    }
    return resticEnd(result, ({ snapshotId: _, ...numbers }) => numbers);
  });
};

const forgetStep: Step = async ({ config, policy, done, dryRun, number, recorder, signal }, restic) => {
  if (dryRun || done.finished.has('forget')) return null;
  const { daily, weekly, monthly, yearly, keep_within } = policy.retention;
  const keep = { daily, weekly, monthly, yearly, withinHours: keep_within / hour };
  return recorder.step('forget', number, async () => {
    const result = await restic.forget({ host: config.name, tags: [berthTag], keep }, { signal });
    if (isDone(result)) done.finished.add('forget');
    return resticEnd(result, ({ kept, removed }) => ({
      ...{ snapshotsKept: kept, snapshotsRemoved: removed },
      // Under which policy.
      ...{ keepDaily: daily, keepWeekly: weekly, keepMonthly: monthly, keepYearly: yearly },
      keepWithinHours: keep.withinHours,
    }));
  });
};

const pruneStep: Step = async (args, restic) => {
  const { policy, done, dryRun, now, signal } = args;
  if (dryRun || !isDue(done.ledger.prunedAt, policy.prune.every, now())) return null;
  return args.recorder.step('prune', args.number, async () => {
    const result = await restic.prune({ maxUnused: policy.prune.max_unused }, { signal });
    const end = resticEnd(result, (summary) => ({ ...summary, everyHours: policy.prune.every / hour }));
    if (!isDone(result)) return end;
    return withSaved(end, args, { ...done.ledger, prunedAt: now() });
  });
};

const checkStep: Step = async (args, restic) => {
  const { policy, done, dryRun, now, signal } = args;
  if (dryRun || !isDue(done.ledger.checkedAt, policy.check.every, now())) return null;
  const { every, share } = policy.check;
  const { part, subset } = checkPart(share, done.ledger.checkedPart);
  return args.recorder.step('check', args.number, async () => {
    const result = await restic.check({ readDataSubset: subset }, { signal });
    const end = resticEnd(result, () => ({ part, sharePercent: share, everyHours: every / hour }));
    if (!isDone(result)) return end;
    return withSaved(end, args, { ...done.ledger, checkedAt: now(), checkedPart: part });
  });
};

/** A ledger that can't be written makes prune or check come again too early, which is a warning and no more. */
const withSaved = async (end: StepEnd, { done, saveLedger }: AttemptArguments, ledger: Ledger): Promise<StepEnd> => {
  done.ledger = ledger;
  try {
    await saveLedger(ledger);
    return end;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      ...end,
      outcome: 'incomplete',
      reason: 'state-unwritable',
      warnings: [...end.warnings, `when this was done could not be noted: ${why}`],
    };
  }
};
