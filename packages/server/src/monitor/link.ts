import { z } from 'zod';
import { storedFactsSchema } from '../coordinator/link.ts';
import { conditionSchema, eventSchema, monitorCodes, severities } from '../events/condition.ts';
import { phoneFactsSchema } from '../ingest/facts.ts';
import { monitorSettingsSchema } from './settings.ts';
import { storedSchema } from './stored-schema.ts';

/**
 * What the supervisor and its monitor say to each other: one JSON object a line, on the monitor's standard input and output. The
 * supervisor tells what only root may read; it takes nothing but these shapes from there.
 */

/** What the server itself is. Times are UTC milliseconds. */
export const serverFactsSchema = z.object({
  version: z.string(),
  startedAtMs: z.number(),
  port: z.int(),
  hostKeyFingerprint: z.string(),
  jail: z.string(),
  coordinator: z.enum(['up', 'down']),
  refused: z
    .object({ atMs: z.number(), findings: z.array(z.object({ message: z.string(), remedy: z.string() })) })
    .nullable(),
  clockTrusted: z.boolean(),
  disk: z.object({ totalBytes: z.number(), freeBytes: z.number() }).nullable(),
  jobs: z.array(z.object({ source: z.string(), job: z.string() })),
  /** By source, where there are any. */
  sessions: z.record(z.string(), z.int()),
});
export type ServerFacts = z.output<typeof serverFactsSchema>;

/** What the server's own jobs know of a source. */
export const sourceFactsSchema = z.object({
  /** As the coordinator is told; null before the first review or pass. */
  facts: storedFactsSchema.nullable(),
  /** Null before the first review, and for SFTP sources. */
  stored: storedSchema.nullable(),
  /** When the oldest and the newest snapshot that is live arrived: the review's `oldestSnapshotAt` and `newestSnapshotAt`. */
  oldestSnapshotMs: z.number().nullable(),
  newestSnapshotMs: z.number().nullable().default(null),
  /** When its folder was made (status/activity.ts): known since then, where no coordinator says since when. */
  madeAtMs: z.number().nullable().default(null),
});
export type SourceFacts = z.output<typeof sourceFactsSchema>;

const ask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('preview') }),
  z.object({ kind: z.literal('send') }),
  z.object({ kind: z.literal('test'), channel: z.string() }),
  z.object({ kind: z.literal('waiting') }),
]);
export type Ask = z.output<typeof ask>;

/** How many events the monitor is told of. */
export const mostEvents = 2000;

/** Supervisor → monitor. Each is the newest of its kind: what an earlier one said is over. */
export const toMonitorSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('settings'), settings: monitorSettingsSchema }),
  z.object({ type: z.literal('server'), facts: serverFactsSchema }),
  z.object({ type: z.literal('source'), source: z.string(), facts: sourceFactsSchema }),
  /** All of them, those without news too: who is not among them is no phone. */
  z.object({ type: z.literal('phones'), phones: z.array(phoneFactsSchema) }),
  z.object({ type: z.literal('conditions'), open: z.array(conditionSchema) }),
  /** Of the last 48 hours, the newest 2,000, oldest first. */
  z.object({ type: z.literal('events'), events: z.array(eventSchema) }),
  /** Of the last 48 hours. */
  z.object({
    type: z.literal('changes'),
    changes: z.array(z.object({ atMs: z.number(), lines: z.array(z.string()) })),
  }),
  /** Only to one that was started with `--once`, after everything else; it answers and ends. */
  z.object({ type: z.literal('ask'), ask }),
]);
export type ToMonitor = z.output<typeof toMonitorSchema>;

const word = z.union([
  z.object({
    raise: z.object({
      code: z.enum(monitorCodes),
      source: z.null(),
      subject: z.string().max(200).nullable(),
      severity: z.enum(severities),
      text: z.string().max(2000),
      remedy: z.string().max(2000),
    }),
  }),
  z.object({ resolve: z.string().max(500) }),
]);
export type MonitorWord = z.output<typeof word>;

/** Monitor → supervisor. */
export const fromMonitorSchema = z.discriminatedUnion('type', [
  /** It goes on. */
  z.object({ type: z.literal('alive') }),
  /** The last settings are in force. `page`: where it listens, such as http://127.0.0.1:8480; null where it does not. */
  z.object({ type: z.literal('applied'), page: z.string().max(500).nullable() }),
  z.object({ type: z.literal('words'), words: z.array(word).max(1000) }),
  /** Answers to `ask`. */
  z.object({
    type: z.literal('answer'),
    answer: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('preview'), subject: z.string(), html: z.string(), text: z.string() }),
      /** By channel, in order; `error` null where it was delivered. */
      z.object({
        kind: z.literal('sent'),
        channels: z.array(
          z.object({
            name: z.string(),
            error: z.object({ message: z.string(), remedy: z.string() }).nullable(),
          }),
        ),
      }),
      /** What is on its way to a channel, the oldest first, and how many more there are. Holds no secret. */
      z.object({
        kind: z.literal('waiting'),
        messages: z.array(
          z.object({
            channel: z.string(),
            title: z.string(),
            createdMs: z.number(),
            attempts: z.int(),
            nextMs: z.number(),
            /** Why the channel did not take it last; null before it was tried. */
            error: z.string().nullable(),
          }),
        ),
        more: z.int(),
      }),
      z.object({ kind: z.literal('failed'), code: z.string(), message: z.string(), remedy: z.string() }),
    ]),
  }),
]);
export type FromMonitor = z.output<typeof fromMonitorSchema>;
