import { isErrno } from '@berth/common/errno.ts';
import type { Context } from './context.ts';
import type { Disk } from './disk.ts';
import type { FolderSync } from './folder-sync.ts';
import { type Layout, liveFolder, livePath, trashFolder, trashPath } from './layout.ts';
import type { ObjectId } from './object.ts';
import type { Seq } from './seq.ts';

/**
 * Moves an object to the trash. The record comes first and is durable before the answer; the move itself need not be,
 * because a power cut that undoes it leaves a record that `repeatMove` follows at the next start. So a prune of
 * thousands of packs pays one shared fsync for each group of deletes that arrives together.
 */
export const trash = async (context: Context, id: ObjectId): Promise<'trashed' | 'absent'> => {
  const { disk, folders, layout } = context;
  const path = livePath(layout, id);
  return context.serial(path, async () => {
    const size = await disk.size(path);
    if (size === null) return 'absent';
    const seq = await context.record('trash', id, size);
    await repeatMove(disk, folders, layout, id, seq);
    return 'trashed';
  });
};

/** Moves a live object to the trash under the place of the record that says so; nothing happens when it is not live. */
export const repeatMove = async (
  disk: Disk,
  folders: FolderSync,
  layout: Layout,
  id: ObjectId,
  seq: Seq,
): Promise<void> => {
  try {
    await disk.rename(livePath(layout, id), trashPath(layout, id, seq));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  folders.later(liveFolder(layout, id));
  folders.later(trashFolder(layout, id));
};
