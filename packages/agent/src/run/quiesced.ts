import { Problem } from '@berth/common/problem.ts';
import type { BackupSummary } from '@berth/common/restic/backup.ts';
import { isDone, type ResticResult } from '@berth/common/restic/result.ts';
import type { Down } from '../containers/containers.ts';
import { encodeName } from '../databases/name.ts';
import type { AttemptArguments, Reach } from './attempt.ts';
import type { Beside, QuietGroup } from './beside.ts';
import { notStarted } from './decide.ts';
import { keepFileSystems } from './file-systems.ts';
import { okEnd, resticEnd, type StepEnd } from './recorder.ts';
import { containerTag } from './tags.ts';

/** A line that is cut again and again is no reason to stop the same shop all night. */
const mostDowns = 2;

/**
 * Copies what no earlier try has copied, one group after the other: down, copied, up, before the next. With a snapshot of all its file systems a
 * group is up again before its copy begins. A group that could not be copied is told and does not stop what comes after; what restic ends with
 * does, and is answered. When something does not start again, nothing more is stopped.
 */
export const copyGroups = async (args: AttemptArguments, reach: Reach, beside: Beside): Promise<StepEnd | null> => {
  let stuck: string | null = null;
  for (const quiet of beside.groups) {
    const { name } = quiet.group;
    const downs = args.done.downs.get(name) ?? 0;
    if (args.signal.aborted) return null;
    if (args.done.finished.has(`group:${name}`) || downs >= mostDowns) continue;
    if (stuck !== null) {
      await leftRunning(args, name, stuck);
      continue;
    }
    const { end, isCut, isUp } = await copyGroup(args, reach, beside, quiet);
    if (!isUp) stuck = name;
    // Also where the place was lost, which is no wish of the user's: the next try copies it.
    if (end.outcome !== 'ok' && (isCut || args.signal.aborted)) return end;
    args.done.finished.add(`group:${name}`);
  }
  return null;
};

const leftRunning = ({ recorder, number }: AttemptArguments, name: string, stuck: string): Promise<StepEnd> =>
  recorder.step({ name: 'quiesce', subject: name }, number, async () => ({
    ...okEnd,
    outcome: 'failed',
    reason: 'quiesce-failed',
    words: [`it was left running and not copied, because ${stuck} did not start again`],
  }));

interface Copied {
  readonly end: StepEnd;
  readonly isCut: boolean;
  readonly isUp: boolean;
}

const copyGroup = async (args: AttemptArguments, reach: Reach, beside: Beside, quiet: QuietGroup): Promise<Copied> => {
  const { recorder, number, done, signal } = args;
  const { group, paths } = quiet;
  const subject = group.name;
  let isCut = false;
  let isUp = true;
  const end = await recorder.step({ name: 'quiesce', subject }, number, async () => {
    if (quiet.problem !== null) throw quiet.problem;
    if (paths.length === 0) return { ...okEnd, warnings: [...quiet.warnings] };
    if (args.dryRun) return wouldCopy(quiet);
    done.downs.set(subject, (done.downs.get(subject) ?? 0) + 1);
    const down = await beside.quiesce.down(group, signal);
    const restart = onceUp(args, subject, down);
    try {
      await using kept = await keepFileSystems(args, reach, beside, { subject, paths, signal: down.signal });
      if (kept.isWhole) await restart();
      const result = await copy(args, await kept.restic(), beside, quiet, kept.isWhole ? signal : down.signal);
      const { isUp: runs, meanwhile } = await restart();
      isUp = runs;
      isCut = !isDone(result) && !(result.kind === 'cancelled' && down.signal.aborted);
      return withMeanwhile(copyEnd(result, down, signal), quiet, meanwhile);
    } finally {
      ({ isUp } = await restart());
    }
  });
  return { end, isCut, isUp: isUp && end.reason !== notStarted };
};

interface Up {
  readonly isUp: boolean;
  readonly meanwhile: readonly string[];
}

/** Has it run again, once, as a step of its own; `signal` has no say in it. Never rejects for a Problem. */
const onceUp = ({ recorder, number }: AttemptArguments, subject: string, down: Down): (() => Promise<Up>) => {
  let done: Promise<Up> | null = null;
  const up = async (): Promise<Up> => {
    let meanwhile: readonly string[] = [];
    const end = await recorder.step({ name: 'restart', subject }, number, async () => {
      const back = await down.up();
      ({ meanwhile } = back);
      return { ...okEnd, numbers: { downMs: back.downMs }, warnings: [...back.warnings] };
    });
    return { isUp: end.outcome === 'ok', meanwhile };
  };
  return () => {
    done ??= up();
    return done;
  };
};

const copy = async (
  { config, done, onProgress }: AttemptArguments,
  restic: Reach['restic'],
  beside: Beside,
  { group, paths }: QuietGroup,
  signal: AbortSignal,
): Promise<ResticResult<BackupSummary>> => {
  const parent = done.snapshot !== null && isBelow(paths, config.paths) ? done.snapshot : null;
  let isMidway = false;
  await beside.at?.('copy-begun');
  const result = await restic.backup(
    {
      ...{ paths, host: config.name, tags: [containerTag, `${containerTag}:${encodeName(group.name)}`] },
      // The files went first, so that only what has changed since is read while it is down.
      ...(parent !== null && { parent }),
    },
    {
      signal,
      onProgress: (progress) => {
        onProgress(progress, 'quiesce');
        if (isMidway) return;
        isMidway = true;
        void beside.at?.('copy-midway');
      },
    },
  );
  await beside.at?.('copy-done');
  return result;
};

const isBelow = (paths: readonly string[], tops: readonly string[]): boolean =>
  paths.every((path) => tops.some((top) => path === top || path.startsWith(top.endsWith('/') ? top : `${top}/`)));

/** Why it was stopped stands in the signal: it was down for as long as it may be, or the run was to end. */
const copyEnd = (result: ResticResult<BackupSummary>, down: Down, signal: AbortSignal): StepEnd => {
  const end = resticEnd(result, ({ snapshotId: _, ...numbers }) => numbers);
  const why: unknown = down.signal.reason;
  if (end.outcome !== 'cancelled' || signal.aborted || !(why instanceof Problem)) return end;
  return { ...end, outcome: 'failed', reason: why.code, words: [why.message, why.remedy, ...end.words] };
};

const withMeanwhile = (end: StepEnd, { warnings }: QuietGroup, meanwhile: readonly string[]): StepEnd => {
  const said = { ...end, warnings: [...warnings, ...end.warnings] };
  if (meanwhile.length === 0 || end.outcome === 'failed' || end.outcome === 'cancelled') return said;
  const words = [...meanwhile.map((name) => `${name} was started while it was being copied`), ...end.words];
  return { ...said, outcome: 'incomplete', reason: 'started-meanwhile', words };
};

const wouldCopy = ({ group, paths, warnings }: QuietGroup): StepEnd => {
  const what =
    group.kind === 'unit'
      ? `would stop ${group.unit}`
      : `would ${group.how === 'exec' ? 'run the hooks of' : group.how} ${group.containers.map(({ name }) => name).join(', ')}`;
  return { ...okEnd, words: [what, ...paths.map((path) => `would copy ${path}`)], warnings: [...warnings] };
};
