import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';
import { fromBytes, type Raw, toBytes } from './raw.ts';

/** What stands in a folder. A link is itself, never what it points to. */
export interface Entry {
  readonly name: Raw;
  readonly kind: 'file' | 'folder' | 'other';
}

/** A file being written; nothing is promised before `sync` resolves. */
export interface NewFile {
  /** Adds all of `bytes` to its end. */
  readonly write: (bytes: Uint8Array) => void;
  readonly sync: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A file being read. */
export interface OpenFile extends Disposable {
  readonly stat: () => BigIntStats;
  /** How many bytes of `into` were filled; 0 at the end of the file. */
  readonly read: (into: Uint8Array, position: number) => number;
}

/**
 * Everything the mirror asks of a file system. The real one is `nodeMirrorDisk`; tests wrap it to make single calls fail, and to play disks
 * that this machine has not. All paths are absolute. Errors are Node's system errors. No call follows a link in the last part of a path.
 *
 * Calls that do not wait for the disk are synchronous: 100,000 of them cost half a second so, and five by promises. Node's permission model,
 * which this runs under, knows `fsync` only of a FileHandle, and neither `fchmod` nor `futimes`
 * (https://nodejs.org/docs/latest-v24.x/api/permissions.html).
 */
export interface MirrorDisk {
  readonly list: (folder: Raw) => readonly Entry[];
  /** Null where nothing is. */
  readonly stat: (path: Raw) => BigIntStats | null;
  /** Opens a file to read it, and does not wait for a pipe that nobody writes to. */
  readonly openRead: (path: Raw) => OpenFile;
  /** Makes a file that did not exist, 0600. */
  readonly create: (path: Raw) => Promise<NewFile>;
  /** Makes `to`, which did not exist, share the blocks of `from`; false where the disk can not do that, and then nothing was made. */
  readonly clone: (from: Raw, to: Raw) => boolean;
  /** Puts a file, or the names in a folder, on the disk. */
  readonly sync: (path: Raw) => Promise<void>;
  readonly setModified: (path: Raw, ms: number) => void;
  readonly setMode: (path: Raw, mode: number) => void;
  /** Makes a folder of exactly this mode; false when something of that name is there. Its setgid bit is what the folder above passes on. */
  readonly makeFolder: (path: Raw, mode: number) => boolean;
  /** Gives a file a second name; fails with EEXIST rather than replace one. */
  readonly link: (from: Raw, to: Raw) => void;
  readonly rename: (from: Raw, to: Raw) => void;
  readonly unlink: (path: Raw) => void;
  /** The path without any link in it. */
  readonly realPath: (path: Raw) => Raw;
  /** What the disk that holds `path` has in all and still gives to this user. */
  readonly space: (path: Raw) => { readonly totalBytes: number; readonly freeBytes: number };
}

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } =
  constants;

/** The file system as Node gives it. */
export const nodeMirrorDisk: MirrorDisk = {
  list: (folder) =>
    readdirSync(toBytes(folder), { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
      name: fromBytes(entry.name),
      kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other',
    })),
  stat: (path) => lstatSync(toBytes(path), { bigint: true, throwIfNoEntry: false }) ?? null,
  openRead: (path) => {
    const file = openSync(toBytes(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return {
      stat: () => fstatSync(file, { bigint: true }),
      read: (into, position) => readSync(file, into, 0, into.length, position),
      [Symbol.dispose]: () => closeSync(file),
    };
  },
  create: async (path) => {
    const file = await open(toBytes(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    return {
      write: (bytes) => {
        for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at);
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  clone: (from, to) => {
    try {
      copyFileSync(toBytes(from), toBytes(to), COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS', 'EPERM')) return false;
      throw error;
    }
  },
  sync: async (path) => {
    await using file = await open(toBytes(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    await file.sync();
  },
  // Node takes a negative number for "now"; a Date before 1970 it takes as it is.
  setModified: (path, ms) => {
    const time = ms < 0 ? new Date(ms) : ms / 1000;
    lutimesSync(toBytes(path), time, time);
  },
  setMode: (path, mode) => chmodSync(toBytes(path), mode),
  makeFolder: (path, mode) => {
    // By the mask and not by chmod: the kernel takes setgid from whoever changes a mode and is not in the group that it passes on.
    const mask = process.umask(0o777 & ~mode);
    try {
      mkdirSync(toBytes(path), { mode });
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    } finally {
      process.umask(mask);
    }
  },
  link: (from, to) => linkSync(toBytes(from), toBytes(to)),
  rename: (from, to) => renameSync(toBytes(from), toBytes(to)),
  unlink: (path) => unlinkSync(toBytes(path)),
  realPath: (path) => fromBytes(realpathSync.native(toBytes(path), { encoding: 'buffer' })),
  space: (path) => {
    const { blocks, bavail, bsize } = statfsSync(toBytes(path));
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  },
};
