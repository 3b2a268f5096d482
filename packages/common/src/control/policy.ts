import { z } from 'zod';
import { millis } from './wire.ts';

const count = z.int().min(0).max(1000);

/**
 * What the admin wants of every run of a source. An agent may keep more, prune and check more often, and check more; never
 * less. Null leaves it to agent.yaml.
 */
export const policySchema = z.object({
  retention: z.object({ daily: count, weekly: count, monthly: count, yearly: count, keepWithinMs: millis }).nullable(),
  prune: z.object({ everyMs: millis }).nullable(),
  check: z.object({ everyMs: millis, sharePercent: z.number().min(0).max(100) }).nullable(),
});
export type Policy = z.output<typeof policySchema>;

/** Nothing is asked for. */
export const noPolicy: Policy = { retention: null, prune: null, check: null };
