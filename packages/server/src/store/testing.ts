import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Disk, nodeDisk } from './disk.ts';
import { sourceFolders } from './layout.ts';
import { type NamedType, type ObjectId, parseObjectName } from './object.ts';
import { openStore, type Reading, type Store } from './open.ts';

/** For tests: an empty source directory as the supervisor makes it, gone when disposed. */
export const sourceDirectory = async (parent = tmpdir()) => {
  const directory = await mkdtemp(join(parent, 'berth-store-'));
  for (const folder of sourceFolders) await mkdir(join(directory, folder), { mode: 0o700 });
  return {
    directory,
    /** Every file below `folder`, by its path from there, sorted. */
    files: async (folder = ''): Promise<readonly string[]> => {
      const top = join(directory, folder);
      const found = await readdir(top, { recursive: true, withFileTypes: true });
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
        .sort();
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};

/** For tests: a store that is the only session of `directory`, unless told otherwise. */
export const testStore = (
  directory: string,
  options: {
    readonly disk?: Disk;
    readonly now?: () => Date;
    readonly pid?: number;
    readonly isAlive?: (pid: number) => boolean;
    readonly quotaBytes?: number;
    readonly floorBytes?: number;
  } = {},
): Promise<Store> =>
  openStore({
    directory,
    disk: options.disk ?? nodeDisk,
    now: options.now ?? (() => new Date()),
    pid: options.pid ?? 1001,
    isAlive: options.isAlive ?? (() => false),
    quotaBytes: options.quotaBytes ?? null,
    // What the machine has free is no test's business but one.
    floorBytes: options.floorBytes ?? 0,
  });

/** For tests: an object whose name is the hash of its bytes. */
export const objectOf = (text: string | Buffer, type: NamedType = 'data') => {
  const bytes = Buffer.from(text);
  const name = parseObjectName(createHash('sha256').update(bytes).digest('hex'));
  if (name === null) throw new Error('a SHA-256 is always a name');
  const id: ObjectId = { type, name };
  return { id, bytes, name };
};

/** For tests: a body in chunks of `size` bytes, which fails after `cutAt` bytes when that is given. */
export const bodyOf = async function* (bytes: Buffer, size = 7, cutAt?: number): AsyncGenerator<Buffer> {
  const end = cutAt ?? bytes.length;
  for (let at = 0; at < end; at += size) yield bytes.subarray(at, Math.min(at + size, end));
  if (cutAt !== undefined) throw new Error('the connection was cut');
};

/** For tests: the whole of an object, or null. */
export const contentOf = async (store: Reading, id: ObjectId): Promise<string | null> => {
  const object = await store.open(id);
  if (object === null) return null;
  await using open = object;
  const chunks: Uint8Array[] = [];
  for await (const chunk of open.stream(0, open.size)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** For tests: the real disk, and the calls made of it that matter for durability, as `call path`, in their order. */
export const recordingDisk = () => {
  const calls: string[] = [];
  const disk = faultyDisk({
    code: 'never',
    call: 'sync',
    when: () => false,
    seen: (call, path) => calls.push(`${call} ${path}`),
  });
  return { calls, disk };
};

/** For tests: the real disk, of which the named calls fail with `code` when `when` says so, given the call's path. */
export const faultyDisk = (fail: {
  readonly call: keyof Disk | 'writev' | 'append' | 'sync';
  readonly code: string;
  readonly when: (path: string) => boolean;
  readonly seen?: (call: string, path: string) => void;
}): Disk => {
  const strike = (call: string, path: string): void => {
    fail.seen?.(call, path);
    if (call === fail.call && fail.when(path))
      throw Object.assign(new Error(`${fail.code}: ${call}`), { code: fail.code });
  };
  return {
    ...nodeDisk,
    createFile: async (path) => {
      strike('createFile', path);
      const file = await nodeDisk.createFile(path);
      return {
        close: () => file.close(),
        sync: async () => {
          strike('sync', path);
          await file.sync();
        },
        writev: async (buffers, position) => {
          strike('writev', path);
          return file.writev(buffers, position);
        },
      };
    },
    openAppend: async (path) => {
      strike('openAppend', path);
      const file = await nodeDisk.openAppend(path);
      return {
        ...file,
        append: async (bytes) => {
          strike('append', path);
          return file.append(bytes);
        },
        sync: async () => {
          strike('sync', path);
          await file.sync();
        },
      };
    },
    link: async (from, to) => {
      strike('link', to);
      await nodeDisk.link(from, to);
    },
    rename: async (from, to) => {
      strike('rename', to);
      await nodeDisk.rename(from, to);
    },
    syncFolder: async (path) => {
      strike('syncFolder', path);
      await nodeDisk.syncFolder(path);
    },
  };
};
