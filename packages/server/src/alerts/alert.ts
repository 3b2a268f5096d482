import { z } from 'zod';
import { severities } from '../events/condition.ts';

/** A condition that an alert stands for: one that is so, or was not long ago. */
const memberSchema = z.object({
  /** The condition's. */
  key: z.string(),
  source: z.string().nullable(),
  /** When it joined. */
  sinceMs: z.number(),
  /** Since when it is not so; null while it is. */
  awayMs: z.number().nullable(),
  /** Whether people have been told of it. */
  told: z.boolean(),
});
export type Member = z.output<typeof memberSchema>;

/**
 * What people have been told of a condition, or of several that are one trouble. It is kept over restarts, so that nobody is told twice.
 * Times are UTC milliseconds; when the clock jumps, they are moved along.
 */
export const alertSchema = z.object({
  /** Made of the code and of the first condition's beginning; no other alert ever has it. */
  key: z.string(),
  code: z.string(),
  /** As people were told it last. */
  severity: z.enum(severities),
  /** The worst that they were told since it was last over: who was told of that is told of its end. */
  worst: z.enum(severities),
  /** The conditions that it stands for. */
  members: z.array(memberSchema),
  /** The sources of those, each once. */
  sources: z.array(z.string()),
  /** As people were told it last. */
  title: z.string(),
  /** When the trouble began; after it was over, when it did again. */
  sinceMs: z.number(),
  /** The last look. */
  seenMs: z.number(),
  /** When people were told last; null while nobody has been told. */
  toldMs: z.number().nullable(),
  /** How many messages it has made, alone or together with others. */
  told: z.int(),
  /** When it is told again if it stays so. */
  nextMs: z.number().nullable(),
  /** Whether people have it that it is so. */
  open: z.boolean(),
  /** For how long it has been so, less a share of the time when it was not: what the deadline is compared with. */
  soMs: z.number(),
  /** Since when none of it is so; null while something is. */
  awayMs: z.number().nullable(),
  /** When a condition last joined. */
  joinedMs: z.number(),
  /** How often it came back, since it was last steady for a day. */
  returns: z.int(),
  returnedMs: z.number().nullable(),
  /** What `returns` was when people were told last. */
  returnsTold: z.int(),
  /** How often it was told again only for being still so, and for who joined it, since it was last over. */
  reminders: z.int(),
  joins: z.int(),
  /** When its messages of the last day were made. */
  recentMs: z.array(z.number()),
});
export type Alert = z.output<typeof alertSchema>;
