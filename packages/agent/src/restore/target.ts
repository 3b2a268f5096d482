import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';

/**
 * The absolute target of a restore, once it is known that nothing there is in the way: it does not exist, is empty, or the person
 * said `--into-existing`, because a restore replaces files of the same name.
 */
export const readyTarget = async (target: string, intoExisting: boolean): Promise<string> => {
  const path = resolve(target);
  const entries = await entriesOf(path);
  if (entries.length === 0 || intoExisting) return path;
  throw new Problem(
    'target-not-empty',
    `${path} is not empty (${entries.length} entries); a restore would replace files of the same name.`,
    'Name an empty or new directory, or add --into-existing.',
  );
};

const entriesOf = async (path: string): Promise<readonly string[]> => {
  try {
    return await readdir(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    if (isErrno(error, 'ENOTDIR')) throw new Problem('target', `${path} is a file.`, 'Name a directory with --target.');
    throw new Problem('target', `${path} cannot be read.`, 'Name a directory this user may write, with --target.', {
      cause: error,
    });
  }
};
