import { change } from './change.ts';
import type { Context } from './context.ts';
import { hashFile } from './hash-file.ts';
import { livePath, quarantinePath } from './layout.ts';
import type { ObjectId } from './object.ts';
import { putBack } from './put-back.ts';

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
  const { disk, layout } = context;
  return context.serial(`quarantine ${livePath(layout, id)}`, async () => {
    const seq = await change(context, { op: 'quarantine', id, size, of: null });
    const aside = quarantinePath(layout, id, seq);
    const bytes = await disk.size(aside);
    const sha256 = bytes === null ? null : await hashFile(disk, aside);
    if (bytes === null || sha256 === null || sha256 !== id.name) return 'quarantined';
    await putBack(context, id, aside, { bytes, sha256 });
    return 'spared';
  });
};
