import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';

/** Where a restore lays a repository for the server to read; never part of a copy. */
export const restoreFolder = '.berth-restore';

/**
 * Copies a repository that nobody writes to. What lies deeper than its top never changes once it is written, so it is linked where the file system
 * allows, which takes no room; the files at the top, which name the newest state, are copied.
 */
export const copyRepository = async (from: string, to: string, signal: AbortSignal, depth = 0): Promise<void> => {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    signal.throwIfAborted();
    if (depth === 0 && entry.name === restoreFolder) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      await copyRepository(source, target, signal, depth + 1);
    } else if (entry.isFile()) {
      if (depth === 0) await copyFile(source, target);
      else await linkOrCopy(source, target);
    }
  }
};

const linkOrCopy = async (source: string, target: string): Promise<void> => {
  try {
    await link(source, target);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].some((code) => isErrno(error, code))) throw error;
    await copyFile(source, target);
  }
};
