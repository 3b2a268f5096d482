import { z } from 'zod';
import { reviewSchema } from '../jobs/review.ts';
import type { Stored } from '../status/stored.ts';

const instant = z.iso.datetime();
const { usage, locks, frozen } = reviewSchema.shape;

/** What the last review and the last scrub of a source found: status/stored.ts. */
export const storedSchema: z.ZodType<Stored> = z.object({
  at: instant,
  live: usage.shape.live,
  trash: usage.shape.trash,
  snapshots: z.int(),
  locks,
  frozen,
  damaged: z.int(),
  quotaPercent: z.int().nullable(),
  scrub: z
    .object({
      at: instant,
      percent: z.int(),
      startedAt: instant,
      endedAt: instant.nullable(),
      bad: z.int(),
    })
    .nullable(),
});
