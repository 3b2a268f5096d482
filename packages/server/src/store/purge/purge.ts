import { dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { change } from '../change.ts';
import type { Context } from '../context.ts';
import { quarantinePath, trashPath } from '../layout.ts';
import { inParallel } from '../parallel.ts';
import type { Amount } from '../usage.ts';
import { type PurgePlan, type PurgeRules, planPurge } from './plan.ts';

/** Enough at once that their records share an fsync, few enough that a stop comes soon. */
const atOnce = 64;

/** What a purge did, and the plan it went by. */
export interface Purged extends Amount {
  readonly plan: PurgePlan;
}

/**
 * Plans a purge by `rules` and does it, oldest first, on a context that may be shared with live sessions: nothing that
 * they can reach is in the trash. Each copy's `purge` record is durable before its file goes, so a purge that is cut
 * short leaves files without a record and never a record without a file; the next one removes those files. Does nothing
 * when the source is frozen. Stops between two copies when `signal` is aborted. Answers with what is gone for good; throws the disk's
 * errors, and `source-busy` while another purge of the source runs, since the two would count everything twice.
 */
export const purge = async (
  context: Context,
  rules: PurgeRules,
  options: { readonly signal: AbortSignal; readonly onStep?: (done: Amount) => void },
): Promise<Purged> => {
  const { disk, layout, folders } = context;
  const { signal, onStep } = options;
  await using _ = await claimPurge(context);
  let plan = await planPurge(context, rules);
  if (plan.needsClock) {
    // Whoever purges trusts the clock; from here on this journal knows it too.
    await context.record({ op: 'settled' });
    plan = await planPurge(context, rules);
  }
  let done: Amount = { objects: 0, bytes: 0 };
  if (plan.frozen !== null) return { ...done, plan };

  const remove = async (path: string): Promise<void> => {
    try {
      await disk.unlink(path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    folders.later(dirname(path));
  };
  const lanes = { atOnce, signal };
  await inParallel(plan.left, lanes, ({ id, seq }) => remove(trashPath(layout, id, seq)));
  // Evidence is in no sum and in no view of the past, so it needs no record of its going.
  await inParallel(plan.evidence, lanes, ({ id, seq }) => remove(quarantinePath(layout, id, seq)));
  await inParallel(plan.due, lanes, async ({ id, seq, size }) => {
    await change(context, { op: 'purge', id, size, of: seq });
    done = { objects: done.objects + 1, bytes: done.bytes + size };
    onStep?.(done);
  });
  await folders.settle();
  return { ...done, plan };
};

const claimName = 'purge';

/** Makes a purge known in its session's own folder, and then looks for another: of two that begin at once, both may give way. */
const claimPurge = async ({ disk, layout, temporary }: Context): Promise<AsyncDisposable> => {
  const mine = dirname(temporary());
  const path = join(mine, claimName);
  const file = await disk.createFile(path);
  await file.close();
  const claim = { [Symbol.asyncDispose]: () => disk.unlink(path) };
  for (const other of await disk.list(layout.incoming)) {
    const folder = join(layout.incoming, other);
    if (folder === mine || !(await disk.list(folder)).includes(claimName)) continue;
    await claim[Symbol.asyncDispose]();
    throw purging();
  }
  return claim;
};

const purging = (): Problem =>
  new Problem('source-busy', 'Another purge of this source is under way.', 'Wait until it has ended.');
