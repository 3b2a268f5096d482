import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for one experiment, gone with what is in it when disposed. Where it is not the disk that is tried, `memory`
 * asks for one in /dev/shm, if there is that: every fsync of an ordinary disk takes its time.
 */
export const scratch = async (where: 'disk' | 'memory'): Promise<{ readonly path: string } & AsyncDisposable> => {
  const shared = '/dev/shm';
  const inMemory = where === 'memory' && (await isFolder(shared));
  const path = await mkdtemp(join(inMemory ? shared : tmpdir(), 'berth-experiment-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
