import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf } from '@berth/agent/config/home.ts';
import { openRestic, type Restic } from '@berth/common/restic/restic.ts';
import { storeBehind } from '../backup/world.ts';
import type { PhoneResticGiven } from './calls.ts';

/**
 * restic for a look into a phone's repository: it takes no lock, so that a door to the past is enough and no backup is held up. Disposing
 * it leaves nothing behind. Throws the Problems of `openRestic`.
 */
export const openForReading = async (
  { home, passwordFile, receiveSocket, restic, dial, isPast }: PhoneResticGiven,
  path: string,
): Promise<{ readonly restic: Restic } & AsyncDisposable> => {
  const places = homeOf({ directory: home, env: {}, uid: 0 });
  const temporary = join(places.state, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const ownCache = isPast ? await mkdtemp(join(temporary, 'cache-')) : null;
  const opened = await openRestic({
    ...storeBehind(receiveSocket, dial),
    ...{ binary: restic, passwordFile, noLock: true },
    cacheDirectory: ownCache ?? places.cache,
    env: { PATH: path, HOME: home, TMPDIR: temporary },
  });
  return {
    restic: opened,
    [Symbol.asyncDispose]: async () => {
      if (ownCache !== null) await rm(ownCache, { recursive: true, force: true });
    },
  };
};
