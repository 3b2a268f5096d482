import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from './disk.ts';
import type { FolderSync } from './folder-sync.ts';
import { hashFile } from './hash-file.ts';
import {
  type Layout,
  liveFolder,
  livePath,
  quarantineFolder,
  quarantinePath,
  trashFolder,
  trashPath,
} from './layout.ts';
import type { Change } from './record.ts';
import type { Seq } from './seq.ts';

/** Where moves happen. */
export interface Place {
  readonly disk: Disk;
  readonly folders: FolderSync;
  readonly layout: Layout;
}

/**
 * Moves the file that the record at `seq` is about to where the record says it is. Called after the record is durable,
 * and again at the next start, since a power cut may undo a move and never a record: so it may find its work done, and
 * then answers false. Done by a session that was killed, it may not be durable either, so its folders are noted always.
 */
export const perform = async ({ disk, folders, layout }: Place, seq: Seq, record: Change): Promise<boolean> => {
  const { id } = record;
  const note = (...changed: readonly string[]): void => {
    for (const folder of changed) folders.later(folder);
  };
  switch (record.op) {
    case 'put':
    case 'lost':
      return false;
    case 'trash':
      note(liveFolder(layout, id), trashFolder(layout, id));
      return done(disk.rename(livePath(layout, id), trashPath(layout, id, seq)));
    case 'restore': {
      const copy = trashPath(layout, id, record.of);
      note(liveFolder(layout, id), trashFolder(layout, id));
      // By link, since a live object is never overwritten, whatever became of it meanwhile. What is there may be this
      // very copy, linked before a crash; if it is not, the copy may be the last good one, and stays.
      const linked = await done(disk.link(copy, livePath(layout, id)));
      return (linked || (await isSame(disk, copy, livePath(layout, id)))) && done(disk.unlink(copy));
    }
    case 'purge':
      note(trashFolder(layout, id));
      return done(disk.unlink(trashPath(layout, id, record.of)));
    case 'quarantine': {
      note(record.of === null ? liveFolder(layout, id) : trashFolder(layout, id), quarantineFolder(layout, id));
      const from = record.of === null ? livePath(layout, id) : trashPath(layout, id, record.of);
      return done(disk.rename(from, quarantinePath(layout, id, seq)));
    }
  }
};

/** Both are there, with the same bytes. */
const isSame = async (disk: Disk, one: string, other: string): Promise<boolean> => {
  const [oneSize, otherSize] = [await disk.size(one), await disk.size(other)];
  return oneSize !== null && oneSize === otherSize && (await hashFile(disk, one)) === (await hashFile(disk, other));
};

/** False when it was done before: what it takes is gone, or what it makes is there. */
const done = async (move: Promise<void>): Promise<boolean> => {
  try {
    await move;
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EEXIST')) return false;
    throw error;
  }
};
