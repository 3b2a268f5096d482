import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../packages/common/src/errno.ts';
import { buildInto } from '../../scripts/build.ts';
import { builtFolder, shelf } from './programs.ts';

const root = join(import.meta.dirname, '../..');

/** vitest calls it before the first test of the whole, and what it returns after the last. */
export const setup = async (): Promise<() => void> => {
  const folder = join(root, builtFolder());
  forgetEnded();
  await buildInto(folder, { 'quick-server': 'test/helpers/quick-server.ts' });
  return () => rmSync(folder, { recursive: true, force: true });
};

/** What runs that were killed have left. */
const forgetEnded = (): void => {
  for (const pid of readNames(join(root, shelf))) {
    if (!existsProcess(Number(pid))) rmSync(join(root, shelf, pid), { recursive: true, force: true });
  }
};

const readNames = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};

const existsProcess = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isErrno(error, 'ESRCH');
  }
};
