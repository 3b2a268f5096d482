import type { z } from 'zod';
import { discard } from './discard.ts';
import { type BoundRestic, type Call, invoke, readMessage } from './invoke.ts';
import { backupStatusSchema, backupSummarySchema } from './messages.ts';
import type { ResticResult } from './result.ts';

/** What to back up, and how. */
export interface BackupRequest {
  /** Absolute. */
  readonly paths: readonly string[];
  /** The name the snapshot carries, so that a renamed machine keeps its line of snapshots. */
  readonly host: string;
  readonly tags?: readonly string[];
  readonly excludes?: readonly string[];
  readonly excludeFiles?: readonly string[];
  /** Leaves out folders with a CACHEDIR.TAG. */
  readonly excludeCaches?: boolean;
  /** Leaves out folders that hold one of these names; `name:header` as restic reads it. */
  readonly excludeIfPresent?: readonly string[];
  readonly excludeLargerThanBytes?: number | null;
  readonly oneFileSystem?: boolean;
  readonly dryRun?: boolean;
  /** The id of the snapshot to compare with, where restic's own choice (same host and paths) is not the one. */
  readonly parent?: string;
  /** True for what is nothing when a part of it is missing: such a snapshot is taken back, and the result is `failed`. */
  readonly isAllOrNothing?: boolean;
}

/** restic's numbers. `snapshotId` is null for a dry run; on 0.14 it is the short form. */
export interface BackupSummary {
  readonly snapshotId: string | null;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly filesProcessed: number;
  readonly bytesProcessed: number;
  readonly bytesAdded: number;
  /** After compression; null where restic does not say it (0.14). */
  readonly bytesAddedPacked: number | null;
}

/** How far a command is. Totals grow while restic still scans. */
export interface Progress {
  readonly fraction: number;
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly errorCount: number;
  readonly secondsRemaining: number | null;
  readonly currentFiles: readonly string[];
}

/**
 * Makes a snapshot. `incomplete` when a file could not be read or a path does not exist: restic itself ends with 0 for
 * a path that is missing, and a backup that leaves out a whole folder must not look complete.
 */
export const backup = async (
  restic: BoundRestic,
  request: BackupRequest,
  call: Call & { readonly onProgress?: ((progress: Progress) => void) | undefined },
): Promise<ResticResult<BackupSummary>> => {
  let summary: BackupSummary | null = null;
  const ended = await invoke(restic, {
    args: backupArguments(request),
    call,
    onLine: (line, record) => {
      const message = readMessage(line, record);
      const status = backupStatusSchema.safeParse(message);
      if (status.success) return call.onProgress?.(progressOf(status.data));
      const last = backupSummarySchema.safeParse(message);
      if (last.success) summary = summaryOf(last.data);
      else if (message?.['message_type'] === 'summary') record.warn("restic's summary is not what berth can read");
    },
  });
  if (ended.kind !== 'ended') return ended;
  const { exitCode, said, failed } = ended;
  if (exitCode !== 0 && exitCode !== 3) return failed;
  if (summary === null) return { ...failed, kind: 'failed', words: [...said.words, 'restic ended without a summary'] };
  const whole = exitCode === 0 && said.warnings.length === 0 && said.itemErrorCount === 0;
  if (whole || request.isAllOrNothing !== true) return { ...said, kind: whole ? 'ok' : 'incomplete', value: summary };
  const { snapshotId } = given(summary);
  const takenBack = snapshotId === null ? [] : [await discard(restic, snapshotId)];
  return { ...failed, kind: 'failed', words: [...said.words, ...takenBack] };
};

/** TypeScript does not see that a closure assigned it. */
const given = (summary: BackupSummary): BackupSummary => summary;

/** `--` ends the options, so that no path is ever read as one. */
const backupArguments = (request: BackupRequest): readonly string[] => [
  'backup',
  ...['--host', request.host],
  ...(request.tags ?? []).flatMap((tag) => ['--tag', tag]),
  ...(request.excludes ?? []).map((pattern) => `--exclude=${pattern}`),
  ...(request.excludeFiles ?? []).map((file) => `--exclude-file=${file}`),
  ...(request.excludeIfPresent ?? []).map((name) => `--exclude-if-present=${name}`),
  ...(request.excludeCaches === true ? ['--exclude-caches'] : []),
  ...(request.oneFileSystem === true ? ['--one-file-system'] : []),
  ...(typeof request.excludeLargerThanBytes === 'number'
    ? [`--exclude-larger-than=${request.excludeLargerThanBytes}`]
    : []),
  ...(request.dryRun === true ? ['--dry-run'] : []),
  ...(request.parent === undefined ? [] : [`--parent=${request.parent}`]),
  '--',
  ...request.paths,
];

const progressOf = (status: z.output<typeof backupStatusSchema>): Progress => ({
  fraction: Math.min(1, Math.max(0, status.percent_done)),
  filesDone: status.files_done,
  filesTotal: status.total_files,
  bytesDone: status.bytes_done,
  bytesTotal: status.total_bytes,
  errorCount: status.error_count,
  secondsRemaining: status.seconds_remaining ?? null,
  currentFiles: status.current_files,
});

/** restic's own words for the numbers, in ours. */
export const summaryOf = (summary: z.output<typeof backupSummarySchema>): BackupSummary => ({
  // A dry run names a snapshot it did not make.
  snapshotId: summary.dry_run ? null : (summary.snapshot_id ?? null),
  filesNew: summary.files_new,
  filesChanged: summary.files_changed,
  filesUnmodified: summary.files_unmodified,
  filesProcessed: summary.total_files_processed,
  bytesProcessed: summary.total_bytes_processed,
  bytesAdded: summary.data_added,
  bytesAddedPacked: summary.data_added_packed,
});
