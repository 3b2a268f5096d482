import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { type Finding, fine, warning } from './finding.ts';

/** restic's cache holds the index and the trees: a few hundred MB where a terabyte is backed up. */
const enoughBytes = 1024 ** 3;

/** Is there room for restic's cache? */
export const checkSpace = async (cache: string): Promise<Finding> => {
  const { bavail, bsize } = await statfsOfNearest(cache);
  const gib = ((bavail * bsize) / 1024 ** 3).toFixed(1);
  return bavail * bsize >= enoughBytes
    ? fine('cache', `${gib} GiB free at ${cache}`)
    : warning(
        'cache',
        `Only ${gib} GiB is free at ${cache}, where restic keeps its cache.`,
        'Make room, or name a directory on another disk with --home.',
      );
};

const statfsOfNearest = async (path: string): Promise<{ readonly bavail: number; readonly bsize: number }> => {
  try {
    return await statfs(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error;
    return statfsOfNearest(dirname(path));
  }
};
