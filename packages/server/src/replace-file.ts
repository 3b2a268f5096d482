import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Puts a file in place in one step, and never through a link that somebody left at its name or at the temporary one: root writes in
 * folders, such as /tmp, where others can. Throws the disk's errors.
 */
export const replaceFile = (path: string, content: string | Uint8Array, mode: number): void => {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode, flag: 'wx' });
  renameSync(temporary, path);
};
