import { change } from './change.ts';
import type { Context } from './context.ts';
import { livePath } from './layout.ts';
import type { ObjectId } from './object.ts';

/**
 * Moves an object to the trash. The record comes first and is durable before the answer; the move itself need not be,
 * because a power cut that undoes it leaves a record that `perform` follows at the next start. So a prune of
 * thousands of packs pays one shared fsync for each group of deletes that arrives together.
 */
export const trash = async (context: Context, id: ObjectId): Promise<'trashed' | 'absent'> => {
  const path = livePath(context.layout, id);
  return context.serial(path, async () => {
    const size = await context.disk.size(path);
    if (size === null) return 'absent';
    await change(context, { op: 'trash', id, size });
    return 'trashed';
  });
};
