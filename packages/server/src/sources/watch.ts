import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { type ReadFile, readConfigFile } from '@berth/common/yaml/read-file.ts';

/** How to watch. */
export interface WatchOptions {
  readonly file: string;
  /** The content already in force: the first yield is the first that differs. Null yields whatever is there. */
  readonly seen: Uint8Array | null;
  /** Ends the watch; the iteration then finishes, without an error. */
  readonly signal: AbortSignal;
  /** Between two looks; a change is taken up after one to two of them. 500 unless said, so within a second. */
  readonly intervalMs?: number;
  /** Waits, and returns early when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Yields what the file holds whenever that has become something else and has been left alone for one interval: an
 * editor's several writes are one change, and a file that is gone while it is replaced is none. One that stays missing
 * or unreadable is yielded as that problem, once. Never throws for what happens to the file.
 *
 * It looks instead of listening, because inotify is silent on NFS, on many bind mounts and for a renamed-over file.
 * One thing no watcher can see: a container that mounts the file alone keeps the old file when an editor replaces it;
 * mount its folder.
 */
export async function* watchFile(options: WatchOptions): AsyncGenerator<ReadFile, void, void> {
  const { file, signal, intervalMs = 500, sleep = pause } = options;
  let known: string | null = options.seen === null ? null : contentOf({ ok: true, content: options.seen });
  let settled: string | null = null;
  let last = await look(file);
  while (!signal.aborted) {
    await sleep(intervalMs, signal);
    if (signal.aborted) return;
    const now = await look(file);
    const stable = now === last;
    last = now;
    if (!stable || now === settled) continue;
    const read = await readConfigFile(file);
    // Whoever wrote during the read gets the next look.
    last = await look(file);
    if (last !== now) continue;
    settled = now;
    const content = contentOf(read);
    if (content === known) continue;
    known = content;
    yield read;
  }
}

/** The same as a callback, for a caller that reads the file itself when told; the first call comes one interval later. */
export const watchSources = (file: string, changed: (read: ReadFile) => void, signal: AbortSignal): void => {
  const follow = async (): Promise<void> => {
    for await (const read of watchFile({ file, seen: null, signal })) changed(read);
  };
  void follow();
};

/** Everything by which a file shows that it was written or replaced; a word for one that can't be looked at. */
const look = async (file: string): Promise<string> => {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, mode }: BigIntStats = await stat(file, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs} ${mode}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
};

const contentOf = (read: ReadFile): string =>
  read.ok ? `content ${Buffer.from(read.content).toString('latin1')}` : `problem ${read.problem.code}`;

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
