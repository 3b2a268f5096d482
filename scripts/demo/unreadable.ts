import { constants } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What this user can not read at these paths and below, each by its path: none for root. Links and devices are not followed. */
export const unreadableBelow = async (paths: readonly string[]): Promise<readonly string[]> =>
  (await Promise.all(paths.map(unreadableAt))).flat();

const unreadableAt = async (path: string): Promise<readonly string[]> => {
  const stats = await lstat(path);
  if (stats.isDirectory()) {
    if (!(await allows(path, constants.R_OK | constants.X_OK))) return [path];
    return unreadableBelow((await readdir(path)).map((name) => join(path, name)));
  }
  return stats.isFile() && !(await allows(path, constants.R_OK)) ? [path] : [];
};

const allows = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
