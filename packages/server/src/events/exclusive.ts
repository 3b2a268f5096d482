import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';

const waitSeconds = 20;

/**
 * Runs `action` while nobody else does so on this data directory: the server and the admin's commands change the same
 * files. The lock is the kernel's (decisions/0006): flock(1) takes it and becomes a cat, which ends with our end of its
 * pipe, however we end. Throws `events-locked` when it can not be had within 20 s, and what `action` throws.
 */
export const exclusively = async <Result>(dataDir: string, action: () => Result): Promise<Result> => {
  const file = join(dataDir, 'events.lock');
  makeForUs(file);
  const holder = execa('flock', ['--timeout', String(waitSeconds), file, 'cat'], {
    reject: false,
    timeout: (waitSeconds + 10) * 1000,
    stdin: 'pipe',
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    extendEnv: false,
  });
  // What cat gives back is what tells that it runs, and so that the lock is held.
  holder.stdin.on('error', () => undefined);
  holder.stdin.write('\n');
  const answered = new Promise<true>((resolve) => holder.stdout.once('data', () => resolve(true)));
  const held = await Promise.race([answered, holder.then(() => false)]);
  try {
    if (held) return action();
  } finally {
    holder.stdin.end();
    await holder;
  }
  const { stderr, cause } = await holder;
  throw new Problem(
    'events-locked',
    `${file} can not be locked: ${stderr.trim().split('\n').at(-1) || 'another command has held it for too long'}.`,
    'Look at the folder and its disk; then try again.',
    { cause },
  );
};

/** Whoever can open a file can lock it, so flock must not make it for everyone. Where this fails, flock says why. */
const makeForUs = (file: string): void => {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
};
