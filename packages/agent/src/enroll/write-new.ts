import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';

/**
 * Writes a file that must not exist yet, whole or not at all: a temporary file beside it is written and synced, then linked to the name,
 * which fails where something is there already. True when written, false when the name was taken; what was there is never touched.
 */
export const writeNew = async (path: string, content: string, mode: number): Promise<boolean> => {
  await makePrivateDirectory(dirname(path));
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', mode);
  try {
    await fill(handle, content);
    await link(temporary, path);
    await syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
};

/** Makes a directory only its owner can enter. One that exists keeps its mode: `berth doctor` looks at it. */
export const makePrivateDirectory = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
};

const fill = async (handle: FileHandle, content: string): Promise<void> => {
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const syncDirectory = async (path: string): Promise<void> => {
  // Windows cannot open a directory.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
