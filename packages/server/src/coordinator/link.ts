import { policySchema } from '@berth/common/control/policy.ts';
import { instant, millis } from '@berth/common/control/wire.ts';
import { z } from 'zod';
import { coordinatorCodes, severities } from '../events/condition.ts';

/**
 * What the supervisor and its coordinator say to each other: one JSON object a line, on the coordinator's standard input
 * and output. The supervisor is root, so it takes nothing from there but these shapes.
 */
const window = z.object({ from: z.int().min(0).max(1439), to: z.int().min(0).max(1439) });

/** A source, as the coordinator needs it. */
export const linkedSourceSchema = z.object({
  name: z.string(),
  uid: z.int(),
  everyMs: millis,
  window: window.nullable(),
  overdueAfterMs: millis,
  quotaBytes: z.number().nullable(),
  policy: policySchema,
  /** False for SFTP sources: they have no control session and no slot, only freshness. */
  hasAgent: z.boolean(),
  /** The server runs its backups itself: there is no machine on which anybody could type. */
  isPhone: z.boolean(),
});
export type LinkedSource = z.output<typeof linkedSourceSchema>;

const amount = z.object({ bytes: z.number(), objects: z.number() });

/** What the last review of a source found. */
export const storedFactsSchema = z.object({
  at: instant,
  live: amount,
  trash: amount,
  snapshots: z.int(),
  /** When a snapshot last arrived, by the journal; null when none ever did. */
  lastSnapshotAt: instant.nullable(),
  /** Why its storage can not be read; null when it can. */
  unreadable: z.string().nullable(),
});
export type StoredFacts = z.output<typeof storedFactsSchema>;

/** Supervisor → coordinator. */
export const toCoordinatorSchema = z.discriminatedUnion('type', [
  /** Everything in force, from now on. The folders of the sockets are there before it is said. */
  z.object({
    type: z.literal('config'),
    concurrency: z.int().min(1),
    timeZone: z.string(),
    sources: z.array(linkedSourceSchema),
  }),
  z.object({ type: z.literal('stored'), source: z.string(), facts: storedFactsSchema }),
  /** The server's own heavy work that is going on, for `waiting`'s words and for `status`. */
  z.object({ type: z.literal('working'), jobs: z.array(z.object({ source: z.string(), job: z.string() })) }),
]);
export type ToCoordinator = z.output<typeof toCoordinatorSchema>;

const word = z.union([
  z.object({
    raise: z.object({
      code: z.enum(coordinatorCodes),
      source: z.string().max(200).nullable(),
      subject: z.string().max(200).nullable(),
      severity: z.enum(severities),
      text: z.string().max(2000),
      remedy: z.string().max(2000),
    }),
  }),
  z.object({ resolve: z.string().max(500) }),
]);

/** How often a coordinator that is well says so, in milliseconds. */
export const aliveMs = 30_000;

/** Coordinator → supervisor. */
export const fromCoordinatorSchema = z.discriminatedUnion('type', [
  /** It goes on, and has just looked at everything: silence is red. */
  z.object({ type: z.literal('alive') }),
  /** The last `config` is in force: its sockets listen and its slots are planned. */
  z.object({ type: z.literal('applied'), sources: z.int() }),
  /** How many places neither a lease nor a slot of the next minutes needs: so many heavy jobs may run. */
  z.object({ type: z.literal('places'), free: z.int().min(0) }),
  z.object({ type: z.literal('words'), words: z.array(word).max(1000) }),
]);
export type FromCoordinator = z.output<typeof fromCoordinatorSchema>;
