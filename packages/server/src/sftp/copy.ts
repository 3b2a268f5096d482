import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, lstat, open, rm, utimes } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';

/** `folder/path` where names are any bytes; a null path is the folder itself. */
export const joinBytes = (folder: string | Buffer, path: Buffer | null): Buffer => {
  const start = Buffer.from(folder);
  return path === null ? start : Buffer.concat([start, Buffer.from('/'), path]);
};

/**
 * Copies a file and puts the copy on the disk; returns its path, or null when the file changed meanwhile. Blocks are
 * shared where the file system can (Btrfs, XFS, ZFS): a later write to the file does not reach the copy, as it would
 * reach through a hard link.
 */
export const copyWhole = async (from: Buffer, to: Buffer, before: Stats): Promise<Buffer | null> => {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const after = await lstat(from);
    if (!after.isFile() || !isUntouched(before, after)) {
      await rm(to);
      return null;
    }
    await chmod(to, 0o600);
    await utimes(to, before.atime, before.mtime);
    await using file = await open(to, 'r');
    await file.sync();
    return to;
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
};

/** Makes renames in a folder survive a power cut. */
export const syncFolder = async (folder: Buffer): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};

/** Null where nothing is; a link is not followed. */
export const statOf = async (path: Buffer): Promise<Stats | null> => {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
};

const isUntouched = (before: Stats, after: Stats): boolean =>
  before.ino === after.ino && before.size === after.size && before.ctimeMs === after.ctimeMs;
