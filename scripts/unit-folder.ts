import { mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const shared = '/dev/shm';
const roomBytes = 512 * 2 ** 20;

/**
 * The folder in which one run of the unit tests puts its files: in memory where there is some, since every fsync of an
 * ordinary disk takes its time. Not where the person chose a folder, nor where programs can not run, as in many containers.
 */
export const unitFolder = (pid = process.pid): string =>
  join(process.env['TMPDIR'] === undefined && isFit(shared) ? shared : tmpdir(), `berth-unit-${pid}`);

const isFit = (path: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(path);
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .findLast(([, where]) => where === path);
    return bavail * bsize > roomBytes && mount !== undefined && !mount[3]?.split(',').includes('noexec');
  } catch {
    return false;
  }
};

/** vitest calls it before the first unit test, and what it returns after the last: nothing stays in memory. */
export const setup = (): (() => void) => {
  const folder = unitFolder();
  mkdirSync(folder, { recursive: true });
  return () => rmSync(folder, { recursive: true, force: true });
};
