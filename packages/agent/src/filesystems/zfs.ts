import { Problem } from '@berth/common/problem.ts';
import { lastWords } from '../services/exec.ts';
import { restOf } from './mounts.ts';
import type { FileSystem, SnapshotThing } from './source.ts';

/**
 * ZFS keeps a data set, https://openzfs.github.io/openzfs-docs/man/master/8/zfs-snapshot.8.html; those below it are mounts of their own, and get
 * their own. The snapshot is mounted by its name in restic's namespace only, so `snapdir` and automounting do not matter.
 * Tried with recorded tools only: no machine of ours has ZFS.
 */
export const zfs: FileSystem = {
  types: ['zfs'],
  plan: async (target, mount, { exec, suffix }) => {
    const name = `${mount.source}@${suffix}`;
    const thing: SnapshotThing = { kind: 'snapshot', type: 'zfs', name, mount: null };
    const inside = `${mount.root === '/' ? '' : mount.root}${restOf(target, mount.target)}`;
    const take = async (signal: AbortSignal): Promise<void> => {
      const end = await exec(['zfs', 'snapshot', name], signal);
      if (end.code !== 0) throw new Problem('snapshot-failed', `zfs says: ${lastWords(end)}`, 'Look: zpool status');
    };
    const from = { kind: 'mount', type: 'zfs', options: 'ro', device: name, below: inside } as const;
    return { snapshots: [{ thing, take }], places: [{ target, from, snapshot: thing, why: null }] };
  },
  remove: async (name, exec, signal) => {
    const found = await exec(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name', name], signal);
    if (found.code !== 0 && /does not exist/.test(found.stderr)) return;
    const end = await exec(['zfs', 'destroy', name], signal);
    if (end.code === 0) return;
    throw new Problem(
      'not-removed',
      `The snapshot ${name} is still there: ${lastWords(end)}`,
      `Remove it: zfs destroy ${name}`,
    );
  },
};
