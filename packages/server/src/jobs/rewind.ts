import { type Moment, parseExactMoment } from '@berth/common/moment.ts';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { layoutOf } from '../store/layout.ts';
import { openContext } from '../store/open-context.ts';
import { readPast } from '../store/past/past.ts';
import { readQuiet } from '../store/past/quiet.ts';
import { takeInventory } from '../store/rewind/inventory.ts';
import { planRewind } from '../store/rewind/plan.ts';
import { rewind } from '../store/rewind/rewind.ts';
import { describePlan, type RewindView, rewindView, snapshotArrivals } from '../store/rewind/shown.ts';
import { pidOf } from '../store/sessions.ts';
import { defineJob, type JobContext } from './job.ts';

const moment = z.string().transform((text, context): Moment => {
  const parsed = parseExactMoment(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'it is no moment' });
  return z.NEVER;
});

/**
 * Says what a rewind to a moment would do. Touches nothing but what somebody who was killed had recorded and not yet done,
 * which would else look lost; sessions may go on meanwhile.
 */
export const planRewindJob = defineJob({
  name: 'plan-rewind',
  args: z.strictObject({ to: moment }),
  result: rewindView,
  run: async (job, { to }) => {
    await finishForTheDead(job);
    const { view } = await look(job, to);
    return view;
  },
});

/** As any session does when it begins; where somebody works on the source alone, that one has done it. */
const finishForTheDead = async ({ directory, disk, now, pid, isAlive }: JobContext): Promise<void> => {
  const dead = (name: string): boolean => {
    const number = pidOf(name);
    return number !== null && !isAlive(number);
  };
  if (!(await disk.list(layoutOf(directory).incoming)).some(dead)) return;
  try {
    const room = { quotaBytes: null, floorBytes: null };
    await using _ = await openContext({ directory, disk, now, pid, isAlive, presence: 'shared', ...room });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'source-busy') throw error;
  }
};

/** What `rewindJob` tells on the way: first the place to which a rewind of this rewind goes, then how far it is. */
export const rewindTold = z.union([
  z.strictObject({ undo: z.int() }),
  z.strictObject({ done: z.int(), steps: z.int() }),
]);

/**
 * Does it, as an admin's work during which no session may live. `digest` is that of the plan which was shown. Throws
 * `source-busy` while a session lives, `plan-changed` when it would do something else by now, `objects-missing` unless
 * `acceptMissing`, and `interrupted`.
 */
export const rewindJob = defineJob({
  name: 'rewind',
  args: z.strictObject({ to: moment, digest: z.string(), acceptMissing: z.boolean() }),
  result: z.strictObject({ undo: z.int(), returned: z.int(), left: z.int() }),
  run: async (job, { to, digest, acceptMissing }) => {
    const { directory, disk, now, pid, isAlive, signal, progress } = job;
    await using open = await openContext({
      ...{ directory, disk, now, pid, isAlive, presence: 'exclusive' },
      // It moves what is there, and needs no room.
      ...{ quotaBytes: null, floorBytes: null },
    });
    const { plan, view } = await look(job, to);
    if (plan.digest !== digest) throw planChanged();
    if (plan.missing.length > 0 && !acceptMissing) throw objectsMissing(plan.missing.length);
    progress({ undo: view.undo });
    const tell = everyNow(progress);
    const end = await rewind(open.context, plan, { signal, onStep: tell });
    if (end === 'interrupted') throw interrupted();
    // What an admin moved to the trash is no mass deletion by the source (store/brake.ts).
    await open.context.record({ op: 'release' });
    return { undo: view.undo, returned: plan.returns.length, left: plan.leaves.length };
  },
});

const look = async ({ directory, disk }: JobContext, to: Moment) => {
  const layout = layoutOf(directory);
  const { journal: folder } = layout;
  const past = await readPast(disk, folder, to);
  if (past.times.last() === null) throw noPast();
  const plan = planRewind(past, await takeInventory(disk, layout));
  const at = to.kind === 'time' ? to.at : null;
  const arrivals = snapshotArrivals(past.times);
  const quiet = await readQuiet({ disk, folder, past, at, also: arrivals.add });
  const view: RewindView = describePlan({ past, plan, quiet, arrivedAt: arrivals.of });
  return { plan, view };
};

const shortestMs = 200;

/** Progress, not oftener than a person can see, and the last of it. */
const everyNow = (progress: JobContext['progress']) => {
  let told = 0;
  return (value: { readonly done: number; readonly steps: number }): void => {
    const now = performance.now();
    if (now - told < shortestMs && value.done < value.steps) return;
    told = now;
    progress(value);
  };
};

const planChanged = (): Problem =>
  new Problem(
    'plan-changed',
    'What the rewind would do is not what was shown: something was stored or deleted since. Nothing was changed.',
    'Look again with --dry-run. Where it goes on changing, take the key out of sources.yaml first.',
  );

/** Which snapshots that harms only restic can say: the server has no key. */
export const objectsMissing = (count: number): Problem =>
  new Problem(
    'objects-missing',
    `${count === 1 ? 'One object' : `${count} objects`} of that moment are nowhere any more: purged after their time, damaged or lost. Which snapshots need them can not be said without the key.`,
    'Choose a later moment; or add --accept-missing, and run berth check on the machine afterwards: it names the snapshots that suffer.',
  );

const interrupted = (): Problem =>
  new Problem(
    'interrupted',
    'The rewind was stopped half way. Nothing is lost: what is not live is in the trash.',
    'Type the same command again; it does the rest.',
  );

const noPast = (): Problem =>
  new Problem('no-past', 'This source has never stored anything.', 'There is nothing to rewind.');
