import { z } from 'zod';
import { severities } from '../events/condition.ts';

/**
 * What people have been told of a condition, or of several that are one trouble. It is kept over restarts, so that nobody is told twice.
 * Times are UTC milliseconds.
 */
export const alertSchema = z.object({
  /** The condition's key, or the code alone of conditions that are told as one. */
  key: z.string(),
  code: z.string(),
  severity: z.enum(severities),
  /** The conditions that it stands for, while they are so or have just been. */
  conditions: z.array(z.string()),
  sources: z.array(z.string()),
  /** As people were told it last. */
  title: z.string(),
  /** When the trouble was first seen. */
  sinceMs: z.number(),
  /** When it was last seen to be so. */
  seenMs: z.number(),
  /** Null while nobody has been told. */
  toldMs: z.number().nullable(),
  /** How many messages it has made. */
  told: z.int(),
  /** When it is told again if it stays so. */
  nextMs: z.number().nullable(),
});
export type Alert = z.output<typeof alertSchema>;
