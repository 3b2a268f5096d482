import type { ForgetRequest, ForgetSummary } from '@berth/common/restic/maintain.ts';
import { isDone, type ResticResult } from '@berth/common/restic/result.ts';
import type { AgentConfig } from '../config/schema.ts';
import { dumpTag } from '../databases/name.ts';
import type { AttemptArguments, RunRestic, Step } from './attempt.ts';
import { checkPart, isDue } from './decide.ts';
import type { Ledger } from './ledger.ts';
import { resticEnd, type StepEnd } from './recorder.ts';
import { berthTag, containerTag } from './tags.ts';

const hour = 3_600_000;

/** Thins out old snapshots: of files, then of dumps, then of containers, each by the same policy. */
export const forgetStep: Step = async ({ config, policy, done, dryRun, number, recorder, signal }, { restic }) => {
  if (dryRun || done.finished.has('forget')) return null;
  const { daily, weekly, monthly, yearly, keep_within } = policy.retention;
  const keep = { daily, weekly, monthly, yearly, withinHours: keep_within / hour };
  return recorder.step('forget', number, async () => {
    const result = await forgetAll(restic, kindsOf(config), { host: config.name, keep }, signal);
    if (isDone(result)) done.finished.add('forget');
    return resticEnd(result, ({ kept, removed }) => ({
      ...{ snapshotsKept: kept, snapshotsRemoved: removed },
      // Under which policy.
      ...{ keepDaily: daily, keepWeekly: weekly, keepMonthly: monthly, keepYearly: yearly },
      keepWithinHours: keep.withinHours,
    }));
  });
};

type Kind = Pick<ForgetRequest, 'tags' | 'groupBy'>;

/**
 * All files are one group, dumps one for each database and file name, containers one for each name: the snapshots of a day are no versions of one
 * another, and a database shall not push another out. Two entries may come to the same file name, which only their tags tell apart.
 */
const kindsOf = ({ databases, containers, services }: AgentConfig): readonly [Kind, ...Kind[]] => [
  { tags: [berthTag] },
  ...(databases.length > 0 || containers !== null ? [{ tags: [dumpTag], groupBy: 'host,paths,tags' } as const] : []),
  ...(services.length > 0 || containers !== null ? [{ tags: [containerTag], groupBy: 'host,tags' } as const] : []),
];

/** One after the other until one fails; the numbers of all. */
const forgetAll = async (
  restic: RunRestic,
  [first, ...others]: readonly [Kind, ...Kind[]],
  request: Pick<ForgetRequest, 'host' | 'keep'>,
  signal: AbortSignal,
): Promise<ResticResult<ForgetSummary>> => {
  let sum = await restic.forget({ ...request, ...first }, { signal });
  for (const kind of others) {
    if (!isDone(sum)) return sum;
    const next = await restic.forget({ ...request, ...kind }, { signal });
    if (!isDone(next)) return next;
    const value = { kept: sum.value.kept + next.value.kept, removed: sum.value.removed + next.value.removed };
    sum = {
      ...{ kind: sum.kind === 'ok' ? next.kind : sum.kind, value },
      words: [...sum.words, ...next.words],
      warnings: [...sum.warnings, ...next.warnings],
      itemErrors: [...sum.itemErrors, ...next.itemErrors],
      itemErrorCount: sum.itemErrorCount + next.itemErrorCount,
    };
  }
  return sum;
};

/** Removes what no snapshot uses, when it is due. */
export const pruneStep: Step = async (args, { restic }) => {
  const { policy, done, dryRun, now, signal } = args;
  if (dryRun || !isDue(done.ledger.prunedAt, policy.prune.every, now())) return null;
  return args.recorder.step('prune', args.number, async () => {
    const result = await restic.prune({ maxUnused: policy.prune.max_unused }, { signal });
    const end = resticEnd(result, (summary) => ({ ...summary, everyHours: policy.prune.every / hour }));
    if (!isDone(result)) return end;
    return withSaved(end, args, { ...done.ledger, prunedAt: now() });
  });
};

/** Reads back and verifies a share of the repository, when it is due. */
export const checkStep: Step = async (args, { restic }) => {
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
