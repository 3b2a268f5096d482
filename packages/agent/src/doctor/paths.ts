import { access, constants, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { type Finding, failed, fine, warning } from './finding.ts';
import type { Reach } from './privileges.ts';

/** The look is a sample: a home directory may hold a million files, and doctor should answer in seconds. */
const maxEntries = 20_000;

/**
 * Are the paths of agent.yaml there, and can they be read? With the right to read everything only their existence counts, since this
 * process may lack what restic has.
 */
export const checkPaths = async (paths: readonly string[], reach: Reach): Promise<readonly Finding[]> =>
  Promise.all(paths.map((path) => checkPath(path, reach)));

const checkPath = async (path: string, reach: Reach): Promise<Finding> => {
  const check = `path ${path}`;
  try {
    await stat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return failed(check, `${path} is not there.`, 'Correct "paths:" in agent.yaml, or mount what should be there.');
    }
    if (!isErrno(error, 'EACCES')) throw error;
    if (reach === 'everything') return fine(check, `${path}, for restic to read`);
  }
  if (reach === 'everything') return fine(check, path);
  const { looked, unreadable } = await sample(path);
  const [first] = unreadable;
  if (first === undefined) return fine(check, `${path}: ${looked} entries looked at, all readable`);
  return warning(
    check,
    `${path}: ${unreadable.length} of ${looked} entries cannot be read by this user, for example ${first}.`,
    'Exclude them, run as root, or see docs/running-without-root.md.',
  );
};

const sample = async (root: string): Promise<{ readonly looked: number; readonly unreadable: readonly string[] }> => {
  const unreadable: string[] = [];
  const queue = [root];
  let looked = 0;
  for (let path = queue.shift(); path !== undefined && looked < maxEntries; path = queue.shift()) {
    looked += 1;
    try {
      const directory = await opendir(path);
      for await (const entry of directory) {
        const inner = join(path, entry.name);
        if (entry.isDirectory()) queue.push(inner);
        else if (entry.isFile()) {
          looked += 1;
          if (!(await readable(inner))) unreadable.push(inner);
        }
        if (looked >= maxEntries) break;
      }
    } catch (error) {
      if (isErrno(error, 'ENOTDIR') && (await readable(path))) continue;
      // What vanishes meanwhile is no finding; whatever else keeps us out is.
      if (!isErrno(error, 'ENOENT')) unreadable.push(path);
    }
  }
  return { looked, unreadable };
};

const readable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
