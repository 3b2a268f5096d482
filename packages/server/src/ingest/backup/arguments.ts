import { z } from 'zod';

/** What a wake of a phone's backup is told. Paths are absolute, as its own process reaches them. */
export const backupArgumentsSchema = z.object({
  /** The source. */
  name: z.string(),
  /** Where the phone's files arrive. */
  ingest: z.string(),
  /** The marker without which it is not the phone's folder; null where none is expected. */
  marker: z.string().nullable(),
  /** The agent's home of this phone: state, cache, reports, outbox. */
  home: z.string(),
  passwordFile: z.string(),
  /** The sockets of the store, by which restic reaches it, and of the coordinator. */
  receiveSocket: z.string(),
  controlSocket: z.string(),
  /** restic itself, and what joins its standard streams with a socket: `[node, …, dial program]`. */
  restic: z.string(),
  dial: z.array(z.string()).min(1),
  exclude: z.array(z.string()),
  settleMs: z.number().nonnegative(),
  /** True to run now whatever the plan says, because somebody asked. */
  isNow: z.boolean(),
  /** IANA name: the server's, in which retention counts days. */
  timeZone: z.string(),
});
export type BackupArguments = z.output<typeof backupArgumentsSchema>;

/** Lines it is told while it runs: whether Syncthing is quiet; null where nobody can say. */
export const toBackupSchema = z.object({ quiet: z.boolean().nullable() });
export type ToBackup = z.output<typeof toBackupSchema>;

/** What it tells of itself while it runs. Nothing of it names a file. */
export const backupProgressSchema = z.discriminatedUnion('type', [
  /** Syncthing is at work, and is waited for. */
  z.object({ type: z.literal('settling') }),
  /** The server is busy: this is its place in the queue. */
  z.object({ type: z.literal('waiting'), position: z.int() }),
  z.object({
    type: z.literal('progress'),
    filesDone: z.number(),
    filesTotal: z.number(),
    bytesDone: z.number(),
    bytesTotal: z.number(),
  }),
  z.object({ type: z.literal('step'), name: z.string().max(50), outcome: z.string().max(50) }),
  /** The try failed for `reason`; the next comes after `delayMs`. */
  z.object({ type: z.literal('retry'), reason: z.string().max(100), delayMs: z.number() }),
]);
export type BackupProgress = z.output<typeof backupProgressSchema>;

/** How it ended. */
export const backupResultSchema = z.object({
  /** `ran`, `not-due`, `waiting`, `ingest-missing`, `ingest-unreadable`, or why it was skipped. */
  ended: z.string().max(200),
  /** Of a run: `ok`, `incomplete`, `failed`, `busy`, `cancelled`. */
  outcome: z.string().max(50).nullable(),
  /** Of a run that was not `ok`, and where there was nothing to run on: what happened and what to do next, for a person. */
  message: z.string().max(4000).nullable(),
  remedy: z.string().max(4000).nullable(),
  /** Of a run: what is not right although it was made. */
  warnings: z.array(z.string().max(500)).max(100),
  /** Of a run: the last words of each step that did not go well, restic's own; they may name files. */
  words: z.array(z.string().max(600)).max(100),
  snapshot: z.string().max(64).nullable(),
  /** When asking again makes sense, UTC; null for the usual time. */
  nextAt: z.iso.datetime().nullable(),
});
export type BackupResult = z.output<typeof backupResultSchema>;
