import { basename } from 'node:path';
import { z } from 'zod';
import { layoutOf } from '../store/layout.ts';
import { reviewJournal } from '../store/purge/review.ts';
import { readUsage } from '../store/usage-read.ts';
import { amount, amountOf, bytes } from './amount.ts';
import { freezeAnswer, freezeSchema, instantOf } from './freeze.ts';
import { defineJob } from './job.ts';
import { findingsOf } from './review-findings.ts';

/** A condition of a source, for whoever raises and resolves events: one that is not among the findings does not hold. */
export const findingSchema = z.object({
  key: z.enum(['mass-delete', 'snapshot-burst', 'backdated-churn', 'quota-80', 'quota-95']),
  severity: z.enum(['warning', 'critical']),
  /** What is so, in a sentence or two for a person. Names no source: whoever shows it knows which. */
  text: z.string(),
  /** What to do; its commands name the source. */
  remedy: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** What the journal of a source says of its state. */
export const reviewSchema = z.object({
  findings: z.array(findingSchema),
  /** Null when its trash is purged as usual. */
  frozen: freezeSchema.nullable(),
  usage: z.object({ live: amount, trash: amount }),
  /** Snapshots that are live. */
  snapshots: z.int().nonnegative(),
  /** restic's locks that are live, and how long the oldest has stood. */
  locks: z.object({ count: z.int().nonnegative(), oldestAgeMs: z.int().nonnegative().nullable() }),
  /** Objects that were found damaged or gone and have not come back: how many, and the names of the first thousand. */
  damaged: z.object({ count: z.int().nonnegative(), first: z.array(z.string()) }),
  /** When its client last stored or deleted something; null when it never did. */
  lastChangeAt: z.iso.datetime().nullable(),
  /** When its client last stored a snapshot; null when it never did. What an older server wrote down lacks it. */
  lastSnapshotAt: z.iso.datetime().nullable().optional(),
  /** When the oldest and the newest snapshot that is live came; null without any. What an older server wrote down lacks them. */
  oldestSnapshotAt: z.iso.datetime().nullable().optional(),
  newestSnapshotAt: z.iso.datetime().nullable().optional(),
});
export type Review = z.infer<typeof reviewSchema>;

const mostNamed = 1000;

/** Reads a source's journal and says what a person should know of it. Touches nothing. */
export const reviewJob = defineJob({
  name: 'review',
  args: z.strictObject({
    /** The share (0 to 1) that may be removed within a day. */
    brake: z.number().min(0).max(1),
    quotaBytes: bytes.nullable(),
  }),
  result: reviewSchema,
  run: async ({ disk, directory, now }, { brake, quotaBytes }) => {
    const layout = layoutOf(directory);
    const at = now().getTime();
    const counted = await readUsage(disk, directory);
    const usage = { live: amountOf(counted.live), trash: amountOf(counted.trash) };
    const reviewed = await reviewJournal({ disk, layout }, { now: at, share: brake });
    const { frozen, oddities, snapshots, locks, damaged, lastChangeAt, lastSnapshotAt } = reviewed;
    const { oldestSnapshotAt, newestSnapshotAt } = reviewed;
    return {
      findings: [...findingsOf({ source: basename(directory), frozen, oddities, usage, quotaBytes })],
      frozen: frozen && freezeAnswer(frozen),
      usage,
      snapshots,
      // A clock that went back makes no negative age.
      locks: { count: locks.count, oldestAgeMs: locks.oldestAt === null ? null : Math.max(0, at - locks.oldestAt) },
      damaged: {
        count: damaged.length,
        first: damaged.slice(0, mostNamed).map(({ type, name }) => (type === 'config' ? name : `${type}/${name}`)),
      },
      lastChangeAt: lastChangeAt === null ? null : instantOf(lastChangeAt),
      lastSnapshotAt: lastSnapshotAt === null ? null : instantOf(lastSnapshotAt),
      oldestSnapshotAt: oldestSnapshotAt === null ? null : instantOf(oldestSnapshotAt),
      newestSnapshotAt: newestSnapshotAt === null ? null : instantOf(newestSnapshotAt),
    };
  },
});
