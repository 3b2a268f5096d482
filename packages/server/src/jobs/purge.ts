import { z } from 'zod';
import { layoutOf } from '../store/layout.ts';
import { openContext } from '../store/open-context.ts';
import { type Aside, planPurge } from '../store/purge/plan.ts';
import { purge } from '../store/purge/purge.ts';
import type { Amount } from '../store/usage.ts';
import { amount, amountOf } from './amount.ts';
import { freezeAnswer, freezeSchema, instantOf } from './freeze.ts';
import { defineJob } from './job.ts';

/** What a purge did or would do. */
export const purgeSchema = z.object({
  /** Gone for good. */
  purged: amount,
  /** Null unless the brake was pulled; then nothing is purged. */
  frozen: freezeSchema.nullable(),
  /** What is past its protection and still there: of a dry run, a frozen source, or a purge that was stopped. */
  due: amount,
  /** What is protected still; `undated` of these objects have no sure age until an admin confirms the clock. */
  waiting: amount.extend({ oldestDueAt: z.iso.datetime().nullable(), undated: z.int().nonnegative() }),
});
export type PurgeAnswer = z.infer<typeof purgeSchema>;

/**
 * Removes from a source's trash what was deleted more than `protectMs` ago; with `dryRun`, says what that would be and
 * touches nothing. Progress: `{ objects, bytes }` gone so far, at most once a second. Throws `source-busy`.
 */
export const purgeJob = defineJob({
  name: 'purge',
  args: z.strictObject({
    protectMs: z.int().positive(),
    /** The share (0 to 1) that may be removed within a day. */
    brake: z.number().min(0).max(1),
    /** `ClockState.settledAtMs`. */
    clockSettledAtMs: z.number().nullable(),
    dryRun: z.boolean(),
  }),
  result: purgeSchema,
  run: async (
    { disk, directory, now, pid, isAlive, signal, progress },
    { protectMs, brake, clockSettledAtMs, dryRun },
  ) => {
    const rules = { now: now().getTime(), protectMs, share: brake, clockSettledAt: clockSettledAtMs };
    const purgeNow = async () => {
      await using opened = await openContext({
        ...{ directory, disk, now, pid, isAlive, presence: 'shared' },
        // It makes room and takes none.
        ...{ quotaBytes: null, floorBytes: null },
      });
      return await purge(opened.context, rules, { signal, onStep: everySecond(progress) });
    };
    const planOnly = async () => {
      const plan = await planPurge({ disk, layout: layoutOf(directory) }, rules);
      return { objects: 0, bytes: 0, plan };
    };
    const { plan, ...purged } = dryRun ? await planOnly() : await purgeNow();
    const { waiting, frozen } = plan;
    const due = sumOf(plan.due);
    return {
      purged: amountOf(purged),
      frozen: frozen && freezeAnswer(frozen),
      due: amountOf({ objects: due.objects - purged.objects, bytes: due.bytes - purged.bytes }),
      waiting: {
        ...amountOf(waiting),
        oldestDueAt: waiting.oldestDueAt === null ? null : instantOf(waiting.oldestDueAt),
        undated: waiting.undated,
      },
    };
  },
});

const sumOf = (copies: readonly Aside[]): Amount => ({
  objects: copies.length,
  bytes: copies.reduce((sum, { size }) => sum + size, 0),
});

const everySecond = (progress: (value: unknown) => void) => {
  let told = 0;
  return (done: Amount): void => {
    if (performance.now() - told < 1000) return;
    told = performance.now();
    progress(done);
  };
};
