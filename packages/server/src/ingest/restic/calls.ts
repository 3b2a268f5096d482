import { z } from 'zod';

/** By what restic of a phone reaches its repository. Paths as the phone's own processes walk them. */
export const resticGivenSchema = z.object({
  /** The source. */
  name: z.string(),
  /** The agent's home of this phone. */
  home: z.string(),
  passwordFile: z.string(),
  receiveSocket: z.string(),
  restic: z.string(),
  dial: z.array(z.string()).min(1),
  /** True where the door shows the past: what is cached of it would mislead the next backup. */
  isPast: z.boolean(),
});
export type PhoneResticGiven = z.output<typeof resticGivenSchema>;

/** An id of a snapshot, or the beginning of one, or `latest`. */
const snapshot = z.string().regex(/^(?:latest|[0-9a-f]{4,64})$/);

export const snapshotListSchema = z.array(
  z.object({
    id: z.string().max(64),
    /** By the clock of whoever made it. */
    at: z.iso.datetime({ offset: true }),
    /** Of the whole phone; null where restic did not note it (0.14). */
    files: z.number().nullable(),
    bytes: z.number().nullable(),
  }),
);
export type SnapshotList = z.output<typeof snapshotListSchema>;

/** The snapshots of a phone, the oldest first. */
export const snapshotsCall = {
  name: 'snapshots',
  args: z.object({ given: resticGivenSchema }),
  result: z.object({ snapshots: snapshotListSchema }),
} as const;

/** Portions of a list, in the order of the snapshot: all that is in it comes before the result. */
export const listProgressSchema = z.object({
  entries: z.array(
    z.object({
      /** From the snapshot's top on, with `/` in front. Foreign text. */
      path: z.string(),
      kind: z.enum(['file', 'folder', 'other']),
      /** Bytes; 0 of what is no file. */
      size: z.number(),
      mtimeMs: z.number(),
    }),
  ),
});
export type ListEntry = z.output<typeof listProgressSchema>['entries'][number];

/** What is in a snapshot: right below `folder`, or everything where that is null. */
export const listCall = {
  name: 'list',
  args: z.object({ given: resticGivenSchema, snapshot, folder: z.string().startsWith('/').nullable() }),
  /** The snapshot that was listed; null where there is none yet and the latest was asked for. */
  result: z.object({ snapshot: z.object({ id: z.string(), at: z.string() }).nullable(), entries: z.int() }),
} as const;

export const restoreProgressSchema = z.object({
  filesDone: z.number(),
  filesTotal: z.number(),
  bytesDone: z.number(),
  bytesTotal: z.number(),
});

/** Brings `paths` of a snapshot back below `target`, all of it where none is named. */
export const restoreCall = {
  name: 'restore',
  args: z.object({
    given: resticGivenSchema,
    snapshot,
    paths: z.array(z.string().startsWith('/')),
    /** A folder that is there and that the phone may write in. */
    target: z.string(),
  }),
  result: z.object({
    /** Null where restic does not say (0.14). */
    files: z.number().nullable(),
    bytes: z.number().nullable(),
    /** In restic's words, at most 20 of `failed`. */
    failures: z.array(z.string()),
    failed: z.int(),
    /** Nothing of the kind is in the snapshot. */
    isEmpty: z.boolean(),
  }),
} as const;

/** No job: its standard output is the file, or the folder as tar. */
export const dumpCall = {
  name: 'dump',
  args: z.object({ given: resticGivenSchema, snapshot, path: z.string().startsWith('/') }),
} as const;
