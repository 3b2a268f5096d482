import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';

/**
 * One server per data directory, by a lock of the kernel (flock): it vanishes with its holder however that ends, and
 * holds across containers that share the directory. Node can not take one, so flock(1) takes it and becomes the
 * server; see enter.ts.
 */
export const lockFile = (dataDir: string): string => join(dataDir, 'server.lock');

/** How long a server waits for those who only look; they hold the lock for the blink of a `true`. In seconds. */
const lookersGoneWithin = 5;

/**
 * The words of flock(1) with which a server takes the lock; what it becomes follows them. It ends with `conflictExitCode` when
 * another server has it. It waits a little, because whoever asks `isLocked` shares the lock for a moment.
 */
export const takeLock = (dataDir: string, conflictExitCode: number): readonly string[] => [
  'flock',
  '--timeout',
  String(lookersGoneWithin),
  '--no-fork',
  '--conflict-exit-code',
  String(conflictExitCode),
  lockFile(dataDir),
];

/** True while a server runs on this data directory. Shares the lock to see, so that any number may look at once. */
export const isLocked = async (dataDir: string): Promise<boolean> => {
  const { exitCode, failed, stderr, cause } = await execa(
    'flock',
    ['--shared', '--nonblock', '--conflict-exit-code', '75', lockFile(dataDir), 'true'],
    { reject: false, timeout: 10_000, env: { LC_ALL: 'C' } },
  );
  if (exitCode === 75) return true;
  if (!failed) return false;
  const words = stderr.trim().split('\n').at(-1) || 'flock(1) did not run';
  const remedy = words.includes('Permission denied')
    ? `Give the folder and the server's own files in it to the user that runs the server: chown ${process.getuid?.()} ${dataDir} ${dataDir}/server.* ${dataDir}/sources.applied.yaml`
    : 'Check the folder, and that util-linux (flock) is installed.';
  throw new Problem('lock-failed', `${lockFile(dataDir)} can not be locked: ${words}.`, remedy, { cause });
};
