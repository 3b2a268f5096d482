import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';

/** A file being written: bytes go to its end; nothing is promised before `sync` resolves. */
export type NewFile = Pick<FileHandle, 'writev' | 'sync' | 'close'>;
/** A file that records are added to. */
export interface AppendFile extends Pick<FileHandle, 'read' | 'stat' | 'sync' | 'close'> {
  /** Adds `bytes` in one write, never mixed with another process's, and answers with how many fitted. */
  readonly append: (bytes: Uint8Array) => Promise<number>;
}
/** A file being read. */
export type ReadFile = Pick<FileHandle, 'read' | 'stat' | 'createReadStream' | 'close'>;

/**
 * Everything the store asks of a file system. The real one is `nodeDisk`; tests wrap it to make single calls fail.
 * All paths are absolute; files are made 0600 and folders 0700. Errors are Node's system errors.
 */
export interface Disk {
  /** Makes a file that did not exist (O_EXCL). */
  readonly createFile: (path: string) => Promise<NewFile>;
  /** Opens a file for O_APPEND, making it when missing. */
  readonly openAppend: (path: string) => Promise<AppendFile>;
  readonly openRead: (path: string) => Promise<ReadFile>;
  /** Gives a file a second name; fails with EEXIST rather than replace one. */
  readonly link: (from: string, to: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly unlink: (path: string) => Promise<void>;
  /** Makes a folder; true when it was not there before. */
  readonly makeFolder: (path: string) => Promise<boolean>;
  /** Removes a folder and what is in it; nothing happens when it is missing. */
  readonly removeFolder: (path: string) => Promise<void>;
  /** The names in a folder, in no order; none when it is missing. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** The size in bytes of a regular file, or null when there is none. */
  readonly size: (path: string) => Promise<number | null>;
  /** What the disk that holds `path` has in all and still gives to this user. */
  readonly space: (path: string) => Promise<{ readonly totalBytes: number; readonly freeBytes: number }>;
  /** Makes the names in a folder durable. */
  readonly syncFolder: (path: string) => Promise<void>;
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** The file system as Node gives it. */
export const nodeDisk: Disk = {
  createFile: (path) => open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  openAppend: async (path) => {
    const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    return {
      append: async (bytes) => (await file.write(bytes)).bytesWritten,
      read: file.read.bind(file),
      stat: file.stat.bind(file),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  openRead: (path) => open(path, O_RDONLY | O_NOFOLLOW),
  link,
  rename,
  unlink,
  makeFolder: async (path) => {
    try {
      await mkdir(path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    }
  },
  removeFolder: (path) => rm(path, { recursive: true, force: true }),
  list: async (path) => {
    try {
      return await readdir(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  },
  size: async (path) => {
    try {
      const found = await stat(path);
      return found.isFile() ? found.size : null;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
      throw error;
    }
  },
  space: async (path) => {
    const { blocks, bavail, bsize } = await statfs(path);
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  },
  syncFolder: async (path) => {
    await using folder = await open(path, O_RDONLY);
    await folder.sync();
  },
};
