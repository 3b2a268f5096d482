import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';

/**
 * Replaces a file in one step, and only when its text differs; true when it was written. The folder must be root's
 * (or, rootless, our own), since a temporary name beside the target is written without further checks. Nothing is
 * synced: these files are made anew at every start.
 */
export const writeIfChanged = (path: string, text: string, mode: number): boolean => {
  if (textOf(path) === text) return false;
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
  return true;
};

/** Makes a folder of ours if it is missing. Anything else at that path, a link above all, stops the server. */
export const ensureFolder = (path: string, mode: number): void => {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) {
    throw new Problem(
      'folder-not-ours',
      `${path} is not a folder that only the server can write.`,
      `Look at it with: ls -ld ${path}. Then move it away, or give it back: chown ${process.getuid?.()} ${path} && chmod go-w ${path}`,
    );
  }
};

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
};
