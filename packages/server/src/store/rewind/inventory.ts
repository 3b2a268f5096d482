import { join } from 'node:path';
import type { Disk } from '../disk.ts';
import { type Layout, livePath, trashPath } from '../layout.ts';
import { type NamedType, namedTypes, type ObjectId, parseObjectId } from '../object.ts';
import { keyOf, type Live } from '../past/fold.ts';
import { listObjects } from '../read.ts';
import type { Seq } from '../seq.ts';
import type { Sized } from './plan.ts';

/** The files that are really there, by their names alone. */
export interface Inventory {
  readonly hasLive: (id: ObjectId) => boolean;
  readonly hasTrash: (id: ObjectId, seq: Seq) => boolean;
  /**
   * Live files that the journal does not know and that would say more than the moment has: snapshots and indexes. A pack
   * or a key more does no harm, and may be an upload whose answer a kill cut off.
   */
  readonly unrecorded: (live: ReadonlyMap<string, Live>) => readonly Sized[];
}

const telling: ReadonlySet<NamedType> = new Set(['snapshots', 'index', 'locks']);

/** Lists the files of a source; reads none. About 100 bytes of memory a file. */
export const takeInventory = async (disk: Disk, layout: Layout): Promise<Inventory> => {
  const files = new Set<string>();
  const found: Sized[] = [];
  for (const type of namedTypes) {
    for await (const part of listObjects(disk, layout, type)) {
      for (const { name, size } of part) {
        const id: ObjectId = { type, name };
        files.add(livePath(layout, id));
        if (telling.has(type)) found.push({ id, size });
      }
    }
  }
  for (const name of await disk.list(layout.repo)) {
    const config = name === 'config' ? parseObjectId('config', name) : null;
    if (config !== null) files.add(livePath(layout, config));
  }
  for (const type of [...namedTypes, 'config']) {
    const folder = join(layout.trash, type);
    for (const name of await disk.list(folder)) files.add(join(folder, name));
  }
  return {
    hasLive: (id) => files.has(livePath(layout, id)),
    hasTrash: (id, seq) => files.has(trashPath(layout, id, seq)),
    unrecorded: (live) => found.filter(({ id }) => !live.has(keyOf(id))),
  };
};
