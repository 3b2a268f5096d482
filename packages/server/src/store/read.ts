import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Disk, ReadFile } from './disk.ts';
import { type Layout, livePath, typeFolder } from './layout.ts';
import { type NamedType, type ObjectId, type ObjectName, parseObjectName } from './object.ts';

/** An open object. Whoever opened it closes it. */
export interface OpenObject extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `start` to `end`, both included, as `Range` counts them. */
  readonly stream: (start: number, end: number) => AsyncIterable<Uint8Array>;
}

/** Opens a live object for reading, or answers null when there is none. */
export const openObject = (disk: Disk, layout: Layout, id: ObjectId): Promise<OpenObject | null> =>
  openPath(disk, livePath(layout, id));

/** Opens the object in the file at `path`, or answers null when there is none. */
export const openPath = async (disk: Disk, path: string): Promise<OpenObject | null> => {
  const file = await openOrNull(disk, path);
  if (file === null) return null;
  const { size } = await file.stat();
  return {
    size,
    // Larger parts are not faster, as ssh takes 32 KiB at a time, and they wait in memory for a slow line.
    stream: (start, end) => file.createReadStream({ start, end, autoClose: false, highWaterMark: 64 * 1024 }),
    [Symbol.asyncDispose]: () => file.close(),
  };
};

/** One object as a listing names it. */
export interface Listed {
  readonly name: ObjectName;
  /** Bytes. */
  readonly size: number;
}

/** The live objects of a type, in no order, folder by folder: a listing of a million packs is never held whole. */
export const listObjects = async function* (
  disk: Disk,
  layout: Layout,
  type: NamedType,
): AsyncGenerator<readonly Listed[]> {
  const top = typeFolder(layout, type);
  const folders = type === 'data' ? (await disk.list(top)).filter(isShard).map((shard) => join(top, shard)) : [top];
  for (const folder of folders) {
    const found = (await disk.list(folder)).map(parseObjectName).filter((name) => name !== null);
    const listed: Listed[] = [];
    for (const name of found) {
      const size = await disk.size(join(folder, name));
      if (size !== null) listed.push({ name, size });
    }
    if (listed.length > 0) yield listed;
  }
};

const isShard = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);

const openOrNull = async (disk: Disk, path: string): Promise<ReadFile | null> => {
  try {
    return await disk.openRead(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
};
