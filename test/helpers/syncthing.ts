import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PairOptions, type SyncthingPair, startPair } from '../../scripts/syncthing/pair.ts';

/** Two real Syncthings, paired on loopback, in a folder of their own that goes with them; both run as we do where no UID is said. */
export const syncthingPair = async (options: Omit<PairOptions, 'root'> = {}): Promise<SyncthingPair> => {
  await using stack = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'berth-syncthing-'));
  stack.defer(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  // Every UID may enter it; the homes inside are closed.
  await chmod(root, 0o755);
  const pair = stack.use(await startPair({ ...options, root }));
  const own = stack.move();
  return { ...pair, [Symbol.asyncDispose]: () => own.disposeAsync() };
};
