import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { MirrorDisk, OpenFile } from '../mirror/disk.ts';
import { folderOf, fromText, joined, type Raw } from '../mirror/raw.ts';
import { isSameFile } from '../mirror/shelf.ts';
import { openSource } from '../mirror/source.ts';
import type { Verdict } from './verdict.ts';

const portion = 1024 ** 2;

/**
 * Reads the phone's file, which was seen as `stat`, and its copy in the mirror from end to end and compares every byte, which says more than
 * hashes of both would. `mirror-differs` also where the copy is another kind of thing; `not-mirrored` also where it is no copy: the phone's
 * own file under another name, or beyond a link, which may lead to the phone's own folder. Throws `Unsettled` where the phone's file is
 * not as it was seen, before or after, and the disk's errors.
 */
export const compared = (
  disk: MirrorDisk,
  onPhone: { readonly ingest: Raw; readonly path: Raw; readonly stat: BigIntStats },
  inMirror: { readonly target: string; readonly place: Raw },
): Verdict => {
  using file = openSource(disk, onPhone.ingest, onPhone.path, onPhone.stat);
  const copy = openCopy(disk, inMirror);
  if (copy === null) return 'not-mirrored';
  using kept = copy;
  const stat = kept.stat();
  if (isSameFile(stat, onPhone.stat)) return 'not-mirrored';
  if (!stat.isFile() || stat.size !== onPhone.stat.size) return 'mirror-differs';
  const [one, other] = [Buffer.alloc(portion), Buffer.alloc(portion)];
  for (let at = 0, length = portion; length === portion; at += length) {
    length = fill(file, one, at);
    if (fill(kept, other, at) !== length || one.compare(other, 0, length, 0, length) !== 0) return 'mirror-differs';
  }
  file.check();
  return 'safe';
};

const openCopy = (disk: MirrorDisk, { target, place }: Parameters<typeof compared>[2]): OpenFile | null => {
  try {
    const whole = joined(disk.realPath(fromText(target)), place);
    return disk.realPath(folderOf(whole)) === folderOf(whole) ? disk.openRead(whole) : null;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
};

/** A read may give less than was asked for. */
const fill = (file: OpenFile, into: Buffer, at: number): number => {
  let length = 0;
  while (length < into.length) {
    const more = file.read(into.subarray(length), at + length);
    if (more === 0) break;
    length += more;
  }
  return length;
};
