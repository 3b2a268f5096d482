import { z } from 'zod';
import { controlVersion, instant, millis } from './wire.ts';

/** How a source is, the worst first: see the server's coordinator/freshness. */
export const sourceStates = ['unreadable', 'overdue', 'failing', 'never', 'warned', 'fine'] as const;
export type SourceState = (typeof sourceStates)[number];

const amount = z.object({ bytes: z.number().min(0), objects: z.number().min(0) });

/** Answer to `GET /v1/usage`: how the server sees this source. `stored` is as of the last review, null before the first. */
export const usageSchema = z.object({
  version: z.literal(controlVersion),
  source: z.string(),
  now: instant,
  state: z.enum(sourceStates),
  /** Why, for people; null when it is fine. */
  words: z.string().nullable(),
  lastSuccessAt: instant.nullable(),
  nextSlotAt: instant.nullable(),
  overdueAfterMs: millis,
  stored: z.object({ at: instant, live: amount, trash: amount, snapshots: z.int().min(0) }).nullable(),
  quotaBytes: z.number().nullable(),
});
export type Usage = z.output<typeof usageSchema>;
