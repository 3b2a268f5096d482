import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from './disk.ts';
import type { FolderSync } from './folder-sync.ts';
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
 * then answers false.
 */
export const perform = async ({ disk, folders, layout }: Place, seq: Seq, record: Change): Promise<boolean> => {
  const { id } = record;
  switch (record.op) {
    case 'put':
    case 'lost':
      return false;
    case 'trash':
      if (await done(disk.rename(livePath(layout, id), trashPath(layout, id, seq)))) {
        folders.later(liveFolder(layout, id));
        folders.later(trashFolder(layout, id));
        return true;
      }
      return false;
    case 'restore':
      // By link, since a live object is never overwritten, whatever became of it meanwhile.
      await done(disk.link(trashPath(layout, id, record.of), livePath(layout, id)));
      if (await done(disk.unlink(trashPath(layout, id, record.of)))) {
        folders.later(liveFolder(layout, id));
        folders.later(trashFolder(layout, id));
        return true;
      }
      return false;
    case 'purge':
      if (!(await done(disk.unlink(trashPath(layout, id, record.of))))) return false;
      folders.later(trashFolder(layout, id));
      return true;
    case 'quarantine': {
      const from = record.of === null ? livePath(layout, id) : trashPath(layout, id, record.of);
      if (await done(disk.rename(from, quarantinePath(layout, id, seq)))) {
        folders.later(record.of === null ? liveFolder(layout, id) : trashFolder(layout, id));
        folders.later(quarantineFolder(layout, id));
        return true;
      }
      return false;
    }
  }
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
