import { isErrno } from '@berth/common/errno.ts';
import type { Context } from './context.ts';
import { liveFolder, livePath } from './layout.ts';
import type { ObjectId } from './object.ts';
import { copiesOf } from './scrub/look.ts';

/**
 * Makes the file at `aside` in quarantine the live object again: a client put the right bytes there between a look at bad
 * ones and the move. The record comes before the file leaves quarantine; there is none where a client's own says already
 * that the object is live.
 */
export const putBack = async (
  context: Context,
  id: ObjectId,
  aside: string,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
): Promise<void> => {
  const { disk, layout, folders } = context;
  try {
    await disk.link(aside, livePath(layout, id));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  await folders.now(liveFolder(layout, id));
  const { live } = await copiesOf(disk, layout.journal, id);
  if (live === null) await context.record({ op: 'put', id, size: bytes, sha256: id.type === 'config' ? sha256 : null });
  await disk.unlink(aside);
};
