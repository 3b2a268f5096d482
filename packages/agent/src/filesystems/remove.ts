import { Problem } from '@berth/common/problem.ts';
import type { Exec } from '../services/exec.ts';
import { btrfs } from './btrfs.ts';
import { lvm } from './lvm.ts';
import type { SnapshotThing } from './source.ts';
import { zfs } from './zfs.ts';

const byType = { btrfs, zfs, lvm } as const;

/** Removes a snapshot of a file system; well where there is none any more. Throws 'not-removed'. */
export const removeSnapshot = async (thing: SnapshotThing, exec: Exec, signal: AbortSignal): Promise<void> => {
  try {
    if (thing.mount !== null) await exec(['umount', '--', thing.mount], signal);
    await byType[thing.type].remove(thing.name, exec, signal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'tool-missing') throw error;
    throw new Problem('not-removed', `The snapshot ${thing.name} is still there: ${error.message}`, error.remedy);
  }
};
