import { z } from 'zod';
import { policySchema } from './policy.ts';
import { controlVersion, instant, millis } from './wire.ts';

/** Answer to `GET /v1/assignment`: when this source should run. All times are by the server's clock. */
export const assignmentSchema = z.object({
  version: z.literal(controlVersion),
  source: z.string(),
  /** The server's clock while it answered: an agent whose clock is wrong counts from here. */
  now: instant,
  everyMs: millis,
  /**
   * The slot that is to be run next. One in the past has been missed: it is due now. `closesAt` is when the window that it lies in
   * ends; null without a window. Null as a whole where the server plans nothing for this source.
   */
  slot: z.object({ startsAt: instant, closesAt: instant.nullable() }).nullable(),
  lastSuccessAt: instant.nullable(),
  /** Until then this answer holds, and no one needs to ask again before the slot. */
  askAgainAt: instant,
  overdueAfterMs: millis,
  policy: policySchema,
});
export type Assignment = z.output<typeof assignmentSchema>;
