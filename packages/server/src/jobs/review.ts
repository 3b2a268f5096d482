import { isBytes } from '@berth/common/size.ts';
import { z } from 'zod';

const place = z.int().nonnegative();
const bytes = z.number().refine(isBytes);
const amount = z.object({ bytes, objects: z.int().nonnegative() });

/** Why nothing of a source's trash is purged: it removed more within a day than its `brake` allows. */
export const freezeSchema = z.object({
  /** What it removed too much of. */
  what: z.enum(['snapshots', 'bytes']),
  /** How much of that, of what there was: more than the brake, at most 1. */
  share: z.number().min(0).max(1),
  /** What it removed within that day, locks left out; `snapshots` are among the objects. */
  removed: amount.extend({ snapshots: z.int().nonnegative() }),
  /** When the brake was pulled, an instant of UTC. */
  since: z.iso.datetime(),
  /** The first of these removals. As a moment of the past, its place means: just before. */
  from: z.object({ seq: place, at: z.iso.datetime() }),
  /** The last of them so far. */
  to: z.object({ seq: place, at: z.iso.datetime() }),
});
export type FreezeAnswer = z.infer<typeof freezeSchema>;

/** A condition of a source, for whoever raises and resolves events: one that is not among the findings does not hold. */
export const findingSchema = z.object({
  key: z.enum(['mass-delete', 'snapshot-burst', 'backdated-churn', 'quota-80', 'quota-95']),
  severity: z.enum(['warning', 'critical']),
  /** What is so, in a sentence or two for a person. Names no source: whoever shows it knows which. */
  text: z.string(),
  /** What to do. `SOURCE` in it stands for the source's name. */
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
});
export type Review = z.infer<typeof reviewSchema>;

/** What the review is asked with. */
export const reviewArgs = z.strictObject({
  /** The share (0 to 1) that may be removed within a day. */
  brake: z.number().min(0).max(1),
  quotaBytes: bytes.nullable(),
});
