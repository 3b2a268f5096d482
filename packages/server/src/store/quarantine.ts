import { isErrno } from '@berth/common/errno.ts';
import { change } from './change.ts';
import type { Context } from './context.ts';
import { hashFile } from './hash-file.ts';
import { liveFolder, livePath, quarantinePath } from './layout.ts';
import type { ObjectId } from './object.ts';

/**
 * Takes a live object whose bytes are not its name out of service; its file is kept in quarantine. Another session may
 * have put the right bytes in its place since we looked: those are brought back, so `spared` says that the object is
 * well after all. Not for `config`, which has no hash for a name.
 */
export const quarantineLive = async (
  context: Context,
  id: ObjectId,
  size: number,
): Promise<'quarantined' | 'spared'> => {
  const { disk, layout, folders } = context;
  return context.serial(`quarantine ${livePath(layout, id)}`, async () => {
    const seq = await change(context, { op: 'quarantine', id, size, of: null });
    const aside = quarantinePath(layout, id, seq);
    const bytes = await disk.size(aside);
    if (bytes === null || (await hashFile(disk, aside)) !== id.name) return 'quarantined';
    try {
      await disk.link(aside, livePath(layout, id));
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    await folders.now(liveFolder(layout, id));
    await context.record({ op: 'put', id, size: bytes, sha256: null });
    await disk.unlink(aside);
    return 'spared';
  });
};
