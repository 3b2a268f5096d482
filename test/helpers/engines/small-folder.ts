import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A folder on a file system of its own of `size` (as mount says it: `12m`). Null, and why, where none can be mounted. */
export const withSmallFolder = async (size: string) => {
  const path = await mkdtemp(join(tmpdir(), 'berth-small-'));
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'berth-test', path], {
    reject: false,
  });
  const isMounted = mounted.exitCode === 0;
  return {
    path: isMounted ? path : null,
    why: 'only root can mount a small disk here',
    [Symbol.asyncDispose]: async () => {
      if (isMounted) await execa('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
};
