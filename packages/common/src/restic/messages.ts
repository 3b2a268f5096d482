import { getSystemErrorName } from 'node:util';
import { z } from 'zod';

// The shapes of restic's --json output, as doc/075_scripting.rst lists them and 0.14 and 0.18 print them. Go leaves out
// zero values, so every number has a default; unknown fields are dropped and unknown types of message ignored, because
// that page promises that both will come.

const count = z.number().int().nonnegative().default(0);
/** Go prints an empty list as null. */
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** Every line of a JSON lines command says what it is. */
export const messageSchema = z.object({ message_type: z.string() });

/** backup: how far it is, several times a second. */
export const backupStatusSchema = z.object({
  message_type: z.literal('status'),
  seconds_remaining: z.number().nonnegative().optional(),
  percent_done: z.number().default(0),
  total_files: count,
  files_done: count,
  total_bytes: count,
  bytes_done: count,
  error_count: count,
  current_files: list(z.string()),
});

/** backup: its last line. `snapshot_id` is short on 0.14, whole since 0.17. */
export const backupSummarySchema = z.object({
  message_type: z.literal('summary'),
  files_new: count,
  files_changed: count,
  files_unmodified: count,
  dirs_new: count,
  dirs_changed: count,
  dirs_unmodified: count,
  data_added: count,
  /** After compression; 0.14 does not say it. */
  data_added_packed: z.number().int().nonnegative().nullable().default(null),
  total_files_processed: count,
  total_bytes_processed: count,
  total_duration: z.number().default(0),
  snapshot_id: z.string().optional(),
  dry_run: z.boolean().default(false),
});

/** backup, restore: a file that could not be read or written. 0.14 prints Go's error as it is: `{}` or an errno. */
export const itemErrorSchema = z.object({
  message_type: z.literal('error'),
  error: z
    .object({ message: z.string().optional(), Op: z.string().optional(), Err: z.unknown().optional() })
    .optional()
    .transform((error) => error?.message ?? goError(error?.Op, error?.Err)),
  during: z.string().default(''),
  item: z.string().default(''),
});

const goError = (operation = '', cause: unknown): string => {
  if (typeof cause !== 'number' || !Number.isInteger(cause) || cause <= 0 || cause > 4095) return '';
  return `${operation} ${getSystemErrorName(-cause)}`.trim();
};

/** Since 0.17, on stderr: why restic gives up. */
export const exitErrorSchema = z.object({
  message_type: z.literal('exit_error'),
  code: z.number().int(),
  message: z.string(),
});

/** init, since 0.16. */
export const initializedSchema = z.object({ message_type: z.literal('initialized'), id: z.string() });

/** cat config. */
export const configSchema = z.object({ version: z.number().int(), id: z.string() });

const snapshotFields = {
  id: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.iso.datetime({ offset: true }),
  paths: list(z.string()),
  hostname: z.string().default(''),
  username: z.string().default(''),
  tags: list(z.string()),
  parent: z.string().optional(),
  program_version: z.string().optional(),
  /** Since 0.17. */
  summary: z.object({ total_files_processed: count, total_bytes_processed: count }).optional(),
};

/** A snapshot as `snapshots`, `forget` and `ls` print it. */
export const snapshotSchema = z.object(snapshotFields);
/** A snapshot in restic's own words and units. */
export type Snapshot = z.output<typeof snapshotSchema>;

/** snapshots. */
export const snapshotsSchema = list(snapshotSchema);

/** forget: one per group. Nothing at all is printed when no snapshot matched. */
export const forgetSchema = list(
  z.object({ host: z.string().nullish(), keep: list(snapshotSchema), remove: list(snapshotSchema) }),
);

/** ls: the snapshot's own line comes first and has `struct_type` "snapshot". */
export const nodeSchema = z.object({
  struct_type: z.literal('node'),
  name: z.string(),
  type: z.string(),
  path: z.string(),
  uid: count,
  gid: count,
  size: z.number().nonnegative().optional(),
  mode: count,
  permissions: z.string().default(''),
  mtime: z.string().default(''),
});
/** A file, folder or other thing in a snapshot. */
export type Node = z.output<typeof nodeSchema>;

/** find: one per snapshot that has a match. */
export const findSchema = list(
  z.object({
    snapshot: z.string(),
    matches: list(
      z.object({ path: z.string(), type: z.string(), size: z.number().optional(), mtime: z.string().default('') }),
    ),
  }),
);

/** stats. */
export const statsSchema = z.object({
  total_size: count,
  total_file_count: count,
  total_uncompressed_size: z.number().optional(),
  snapshots_count: count,
});

/** check, since 0.18. */
export const checkSummarySchema = z.object({ message_type: z.literal('summary'), num_errors: count });
/** check, since 0.18, on stderr. */
export const checkErrorSchema = z.object({ message_type: z.literal('error'), message: z.string() });

/** prune, since 0.19; before, it prints the same for people. */
export const pruneSummarySchema = z.object({
  message_type: z.literal('summary'),
  bytes: z.object({ remove_total: count, remaining: count }),
});

/** restore, since 0.16: how far it is. */
export const restoreStatusSchema = z.object({
  message_type: z.literal('status'),
  percent_done: z.number().default(0),
  total_files: count,
  files_restored: count,
  total_bytes: count,
  bytes_restored: count,
});
/** restore, since 0.16. */
export const restoreSummarySchema = z.object({
  message_type: z.literal('summary'),
  total_files: count,
  files_restored: count,
  files_skipped: count,
  total_bytes: count,
  bytes_restored: count,
});

/** key list. */
export const keysSchema = list(
  z.object({
    current: z.boolean().default(false),
    id: z.string(),
    hostName: z.string().default(''),
    created: z.string().default(''),
  }),
);
