import { open, readdir, stat, truncate, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';

/** Knows which of the bytes and names that a program made are on the disk, as a kernel's page cache would. */
export interface PageCache {
  /** Called before a call of the disk; its answer is called after it, with whether it succeeded. */
  readonly begin: (call: string, path: string, words: readonly unknown[]) => Promise<(ok: boolean) => Promise<void>>;
  /** Cuts the power: what no successful fsync made durable is gone from the folder. */
  readonly cut: () => Promise<void>;
}

interface File {
  readonly ino: bigint;
  size: number;
  /** The bytes before it have been synced, or were lost by a sync that failed. */
  synced: number;
  /** From and to: what a failed fsync covered. The kernel then takes those pages for clean, and no later fsync writes them. */
  readonly lost: [number, number][];
}

/**
 * A page cache over the files below `folder`, which were all durable when it was made. It is as unkind as a kernel may
 * be: after a failed fsync what it covered never reaches the disk (PostgreSQL's "fsyncgate", LWN 752063), and a power cut
 * takes every byte and every name that was not synced. Removals are taken as durable at once.
 */
export const pageCache = (folder: string): PageCache => {
  const files = new Map<string, File>();
  /** Names that were made in a folder and not synced since, and those whose sync failed. */
  const pending = new Map<string, Set<string>>();
  const lostNames = new Set<string>();

  const named = (path: string): void => {
    lostNames.delete(path);
    const names = pending.get(dirname(path)) ?? new Set();
    pending.set(dirname(path), names.add(path));
  };
  const unnamed = (path: string): void => {
    lostNames.delete(path);
    pending.get(dirname(path))?.delete(path);
  };

  const opened = async (path: string): Promise<void> => {
    const { ino, size } = await stat(path, { bigint: true });
    const known = [...files.values()].find((file) => file.ino === ino);
    // A file that is made has a number that an earlier one may have had.
    files.set(path, known ?? { ino, size: Number(size), synced: Number(size), lost: [] });
  };

  const begin: PageCache['begin'] = async (call, path, words) => {
    const file = files.get(path);
    switch (call) {
      case 'createFile':
      case 'openAppend': {
        const isNew = !(await exists(path));
        return async (ok) => {
          if (!ok) return;
          if (isNew) {
            await forget(files, path);
            named(path);
          }
          await opened(path);
        };
      }
      case 'writev':
      case 'append':
        return async () => {
          if (file !== undefined) file.size = await sizeOf(path, file.size);
        };
      case 'sync': {
        const covered = file?.size ?? 0;
        return async (ok) => {
          if (file === undefined || covered <= file.synced) return;
          if (!ok) file.lost.push([file.synced, covered]);
          file.synced = covered;
        };
      }
      case 'syncFolder': {
        const names = [...(pending.get(path) ?? [])];
        return async (ok) => {
          for (const name of names) {
            if (!pending.get(path)?.delete(name)) continue;
            if (!ok) lostNames.add(name);
          }
        };
      }
      case 'link':
      case 'rename':
        return async (ok) => {
          if (!ok) return;
          const from = String(words[0]);
          const moved = files.get(from);
          if (moved !== undefined) files.set(path, moved);
          if (call === 'rename') {
            unnamed(from);
            files.delete(from);
          }
          named(path);
        };
      case 'unlink':
        return async (ok) => {
          if (ok) unnamed(path);
        };
      default:
        return async () => undefined;
    }
  };

  const cut = async (): Promise<void> => {
    const gone = new Set([...lostNames, ...[...pending.values()].flatMap((names) => [...names])]);
    for (const path of gone) await unlink(path).catch(unlessMissing);
    const byNumber = new Map([...files.values()].map((file) => [file.ino, file]));
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of found.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const file = byNumber.get((await stat(path, { bigint: true })).ino);
      if (file !== undefined) await spoil(path, file);
    }
  };

  return { begin, cut };
};

/** Takes from a file what never reached the disk: zeros where a block was never written, and a shorter file at its end. */
const spoil = async (path: string, { synced, lost, size }: File): Promise<void> => {
  if (synced < size) await truncate(path, synced);
  if (lost.length === 0) return;
  await using file = await open(path, 'r+');
  for (const [from, to] of lost) await file.write(Buffer.alloc(to - from), 0, to - from, from);
};

/** Nothing of a file that had this path before is known of the next. */
const forget = async (files: Map<string, File>, path: string): Promise<void> => {
  const { ino } = await stat(path, { bigint: true });
  for (const [known, file] of files) if (file.ino === ino) files.delete(known);
};

const sizeOf = async (path: string, before: number): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => before,
  );

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const unlessMissing = (error: unknown): void => {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
};
