import { z } from 'zod';

/** What a pass of the mirror is told. Paths are absolute, as the mirror's own process reaches them. Times are milliseconds. */
export const mirrorArgumentsSchema = z.object({
  /** Where the phone's files arrive; only read. */
  ingest: z.string(),
  /** The mirror: what people look at. */
  target: z.string(),
  /** The same as sources.yaml names it; in a container `target` is called the same whatever folder that is. */
  to: z.string(),
  /** The mirror's own folder: its index, its lock. */
  state: z.string(),
  /** Folders below `ingest`; `.` is all of it. */
  from: z.array(z.string()).min(1),
  /** Patterns relative to `ingest`, as sources.yaml has them. */
  exclude: z.array(z.string()),
  layout: z.enum(['as-is', 'by-date']),
  readableBy: z.enum(['group', 'all']),
  types: z.enum(['media', 'all']),
  /** A file that changed more recently may still be on its way here. */
  settleMs: z.number().nonnegative(),
  /** What stays free on the target's disk; null for 5 % of it, at most 1 GiB. */
  floorBytes: z.number().nonnegative().nullable(),
  /** IANA name, for dates without a zone. */
  timeZone: z.string(),
  /** The file or folder in `ingest` without which it is not the phone's folder, `.stfolder`; null where none is expected. */
  marker: z.string().nullable(),
});
export type MirrorArguments = z.output<typeof mirrorArgumentsSchema>;

/** What the mirror did within the last 24 hours, from its index. */
const dayCounts = z.object({
  copied: z.int(),
  copiedBytes: z.number(),
  /** Older versions that were set aside. */
  versions: z.int(),
  /** Gone from the phone; their copies stay. */
  gone: z.int(),
});

/** What came of a pass. Counts are of files. */
export const passResultSchema = z.object({
  /**
   * `full`: the disk of the mirror is; `ingest-missing`: no marker, or nothing there; `ingest-unreadable`: the folder can not be listed;
   * `target-missing`: the folder of the mirror is not there, or not the one it was; `target-unwritable`: nothing can be made there;
   * `stopped`: it was told to end. Whatever it is, what was copied by then is whole.
   */
  outcome: z.enum([
    'done',
    'full',
    'ingest-missing',
    'ingest-unreadable',
    'target-missing',
    'target-unwritable',
    'stopped',
  ]),
  /** In the mirror, without older versions. */
  files: z.int(),
  bytes: z.number(),
  copied: z.int(),
  copiedBytes: z.number(),
  versions: z.int(),
  /** Of this pass; and all that the mirror keeps and the phone no longer has. */
  newlyGone: z.int(),
  gone: z.int(),
  /** Still being written; the next pass looks again. */
  unsettled: z.int(),
  /** Links, devices, sockets: never followed, never copied. */
  skipped: z.int(),
  /** Mirrored under another name than the phone's, because the disk has no room for both. */
  renamed: z.int(),
  unreadable: z.int(),
  failed: z.int(),
  /** In words for a person, without a full stop; null where nothing failed. The same cause always gives the same words. */
  firstFailure: z.string().max(500).nullable(),
  tookMs: z.number(),
  day: dayCounts,
  /** So many of so many files went within a day: more than somebody who tidies up deletes. Null for a usual day. */
  storm: z.object({ gone: z.int(), of: z.int() }).nullable(),
});
export type PassResult = z.output<typeof passResultSchema>;
