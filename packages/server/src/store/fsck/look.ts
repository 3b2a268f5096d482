import { chmod, lstat } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';

/** What lies under a name, seen without following or opening it. */
export interface Seen {
  readonly kind: 'file' | 'folder' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly uid: number;
  /** The permission bits. */
  readonly mode: number;
  /** How many names the file has. */
  readonly links: number;
}

/** Looks at one name: `lstat`, or null when there is nothing. */
export type Look = (path: string) => Promise<Seen | null>;

/** The real `Look`. */
export const look: Look = async (path) => {
  try {
    const found = await lstat(path);
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    return { kind, size: found.size, uid: found.uid, mode: found.mode & 0o7777, links: found.nlink };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
};

/** Sets the permission bits of a file or folder of our own, which has been looked at before. */
export const setMode = (path: string, mode: number): Promise<void> => chmod(path, mode);
