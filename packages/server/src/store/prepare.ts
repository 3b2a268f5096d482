import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { Layout } from './layout.ts';
import { namedTypes } from './object.ts';

const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

/**
 * Makes every folder an object can go to, durably, unless all are there: so an upload never has to make one, and no
 * object is acknowledged in a folder that a power cut takes away. restic itself makes the same folders at `init`.
 */
export const prepare = async (disk: Disk, layout: Layout): Promise<void> => {
  const data = join(layout.repo, 'data');
  const aside = [layout.trash, layout.quarantine];
  const isComplete = async (folder: string): Promise<boolean> => (await disk.list(folder)).length > namedTypes.length;
  if ((await disk.list(data)).length >= shards.length && (await Promise.all(aside.map(isComplete))).every(Boolean)) {
    return;
  }
  for (const type of namedTypes) await disk.makeFolder(join(layout.repo, type));
  for (const folder of aside) for (const type of [...namedTypes, 'config']) await disk.makeFolder(join(folder, type));
  for (const shard of shards) await disk.makeFolder(join(data, shard));
  for (const folder of [data, layout.repo, ...aside]) await disk.syncFolder(folder);
};
