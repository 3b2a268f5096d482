import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../demo/stage.ts';
import type { Receiver } from '../demo/steps/receiver/receiver.ts';
import { BrokenPromise } from '../demo/story.ts';
import type { SyncthingPair } from '../syncthing/pair.ts';

/** The phone of the demo, in all the places where something of it is. */
export interface Phone {
  readonly stage: Stage;
  readonly receiver: Receiver;
  readonly pair: SyncthingPair;
  /** Of the source. */
  readonly name: string;
  /** The NAS's folder of what the phone has, and the mirror. */
  readonly ingest: string;
  readonly media: string;
  /** The words that follow a command of `berth-server`. */
  readonly data: readonly string[];
}

/** Hashes by path, of every file below `folder`. */
export const hashesBelow = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const found = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const hashes = found.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length + 1), hashOf(await readFile(path))] as const;
  });
  return new Map(await Promise.all(hashes));
};

/** SHA-256, as lower-case hex. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What people see in the mirror: without what it keeps for itself. */
export const mirrored = async ({ media }: Phone): Promise<ReadonlyMap<string, string>> =>
  new Map([...(await hashesBelow(media))].filter(([path]) => !path.startsWith('.berth/')));

/** Looks again and again until it is so, for two minutes, on a machine that has much to do; says how long it took. */
export const until = async (what: string, { signal }: Stage, test: () => Promise<boolean>): Promise<number> => {
  const startedAt = performance.now();
  // What is being replaced may be gone for a moment.
  while (!(await test().catch(() => false))) {
    if (performance.now() - startedAt > 120_000) throw new BrokenPromise(`not within two minutes: ${what}`);
    await sleep(100, undefined, { signal });
  }
  return performance.now() - startedAt;
};
