import type { z } from 'zod';
import type { Progress } from './backup.ts';
import { type BoundRestic, type Call, document, invoke, readMessage } from './invoke.ts';
import {
  findSchema,
  type Node,
  nodeSchema,
  restoreStatusSchema,
  restoreSummarySchema,
  snapshotsSchema,
  statsSchema,
} from './messages.ts';
import type { ResticResult } from './result.ts';

/** Which snapshots: all of them, or those of a host, with a tag, with a path. */
export interface Selection {
  readonly host?: string | undefined;
  readonly tags?: readonly string[];
  readonly paths?: readonly string[];
}

const selectionArguments = ({ host, tags = [], paths = [] }: Selection): readonly string[] => [
  ...(host === undefined ? [] : ['--host', host]),
  ...(tags.length === 0 ? [] : ['--tag', tags.join(',')]),
  ...paths.flatMap((path) => ['--path', path]),
];

/** The snapshots, oldest first. */
export const snapshots = async (restic: BoundRestic, selection: Selection, call: Call) =>
  document(restic, snapshotsSchema, ['snapshots', ...selectionArguments(selection)], call);

/** Where files named `pattern` are, newest snapshot first. */
export const find = async (restic: BoundRestic, pattern: string, selection: Selection, call: Call) =>
  document(restic, findSchema, ['find', ...selectionArguments(selection), '--', pattern], call);

/** The size of the repository (`raw-data`) or of the files a restore would write (`restore-size`). */
export const stats = async (
  restic: BoundRestic,
  { mode, snapshot }: { readonly mode: 'raw-data' | 'restore-size'; readonly snapshot?: string },
  call: Call,
) =>
  document(restic, statsSchema, ['stats', '--mode', mode, ...(snapshot === undefined ? [] : ['--', snapshot])], call);

/** Walks a snapshot (an id, or `latest` of the selection); `onNode` gets each thing in it as it comes. */
export const ls = async (
  restic: BoundRestic,
  request: Selection & {
    readonly snapshot: string;
    readonly directory?: string;
    readonly onNode: (node: Node) => void;
  },
  call: Call,
): Promise<ResticResult<null>> => {
  const { snapshot, directory, onNode } = request;
  const ended = await invoke(restic, {
    args: ['ls', ...selectionArguments(request), '--', snapshot, ...(directory === undefined ? [] : [directory])],
    call,
    onLine: (line, record) => {
      const node = nodeSchema.safeParse(readMessage(line, record));
      if (node.success) onNode(node.data);
    },
  });
  if (ended.kind !== 'ended') return ended;
  return ended.exitCode === 0 ? { ...ended.said, kind: 'ok', value: null } : ended.failed;
};

/**
 * Writes a file of a snapshot (an id, or `latest`), or a folder as tar, to this process's own standard output: `path` begins with `/`. What
 * came out before a failure is not whole.
 */
export const dump = async (
  restic: BoundRestic,
  { snapshot, path }: { readonly snapshot: string; readonly path: string },
  call: Call,
): Promise<ResticResult<null>> => {
  const ended = await invoke(restic, { args: ['dump', '--', snapshot, path], call, toOwnOutput: true });
  if (ended.kind !== 'ended') return ended;
  return ended.exitCode === 0 ? { ...ended.said, kind: 'ok', value: null } : ended.failed;
};

/** What to bring back, and to where. */
export interface RestoreRequest extends Selection {
  /** An id, `latest` of the selection, or `id:folder` (since 0.16). */
  readonly snapshot: string;
  readonly target: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Reads the files again after writing. */
  readonly verify?: boolean;
}

/** Null where restic does not say (0.14). */
export interface RestoreSummary {
  readonly filesRestored: number | null;
  readonly bytesRestored: number | null;
}

/** Writes files from a snapshot. `incomplete` when some could not be; `itemErrors` names them. 0.14 reports no progress. */
export const restore = async (
  restic: BoundRestic,
  request: RestoreRequest,
  call: Call & { readonly onProgress?: ((progress: Progress) => void) | undefined },
): Promise<ResticResult<RestoreSummary>> => {
  let value: RestoreSummary = { filesRestored: null, bytesRestored: null };
  const ended = await invoke(restic, {
    args: restoreArguments(request),
    call,
    onLine: (line, record) => {
      // 0.14 prints sentences.
      const message = line.startsWith('{') ? readMessage(line, record) : null;
      const status = restoreStatusSchema.safeParse(message);
      if (status.success) return call.onProgress?.(progressOf(status.data));
      const summary = restoreSummarySchema.safeParse(message);
      if (summary.success) {
        value = { filesRestored: summary.data.files_restored, bytesRestored: summary.data.bytes_restored };
      }
    },
  });
  if (ended.kind !== 'ended') return ended;
  const { exitCode, said, failed } = ended;
  if (exitCode === 0) return { ...said, kind: said.itemErrorCount === 0 ? 'ok' : 'incomplete', value };
  const partly = failed.kind === 'failed' && said.words.some((line) => /There were \d+ errors/.test(line));
  return partly ? { ...said, kind: 'incomplete', value } : failed;
};

const restoreArguments = (request: RestoreRequest): readonly string[] => [
  'restore',
  ...selectionArguments(request),
  `--target=${request.target}`,
  ...(request.include ?? []).map((pattern) => `--include=${pattern}`),
  ...(request.exclude ?? []).map((pattern) => `--exclude=${pattern}`),
  ...(request.verify === true ? ['--verify'] : []),
  '--',
  request.snapshot,
];

const progressOf = (status: z.output<typeof restoreStatusSchema>): Progress => ({
  fraction: Math.min(1, Math.max(0, status.percent_done)),
  filesDone: status.files_restored,
  filesTotal: status.total_files,
  bytesDone: status.bytes_restored,
  bytesTotal: status.total_bytes,
  errorCount: 0,
  secondsRemaining: null,
  currentFiles: [],
});
