import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { openContext } from '../store/open-context.ts';
import { reviewJournal } from '../store/purge/review.ts';
import { freezeAnswer, freezeSchema } from './freeze.ts';
import { defineJob } from './job.ts';

/**
 * Writes down that a source's mass deletion was meant: its trash is purged as usual from here on. `shown` is the place of
 * the last removal that the admin saw. Throws `not-frozen`, and `plan-changed` when more was removed since. Answers with what was released.
 */
export const releaseJob = defineJob({
  name: 'release',
  args: z.strictObject({
    /** The share (0 to 1) that may be removed within a day. */
    brake: z.number().min(0).max(1),
    shown: z.int().nonnegative(),
  }),
  result: freezeSchema,
  run: async ({ disk, directory, now, pid, isAlive }, { brake, shown }) => {
    await using opened = await openContext({
      ...{ directory, disk, now, pid, isAlive, presence: 'shared' },
      ...{ quotaBytes: null, floorBytes: null },
    });
    const { context } = opened;
    const { frozen } = await reviewJournal(context, { now: now().getTime(), share: brake });
    if (frozen === null) throw notFrozen();
    if (frozen.to.seq !== shown) throw moreRemoved();
    await context.record({ op: 'release' });
    return freezeAnswer(frozen);
  },
});

/** Thrown by `releaseJob`, and by whoever sees before that there is nothing to release. */
export const notFrozen = (): Problem =>
  new Problem('not-frozen', 'The trash of this source is not frozen: there is nothing to release.', 'Nothing to do.');

const moreRemoved = (): Problem =>
  new Problem(
    'plan-changed',
    'More was deleted since that was shown. Nothing was released.',
    'Look again: type the same command once more.',
  );
