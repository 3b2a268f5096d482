import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { type Exec, lastWords } from '../services/exec.ts';
import { isBelow, type Mount, restOf } from './mounts.ts';
import type { FileSystem, Place, Planned, SnapshotThing } from './source.ts';

/**
 * btrfs keeps a subvolume as it is, at once and without copying; https://btrfs.readthedocs.io/en/latest/btrfs-subvolume.html. The snapshot stands
 * in the subvolume itself, which may be mounted by another one's name. Subvolumes below it are empty folders in the snapshot: each gets one of its
 * own, unless it is read-only, as the snapshots of others are.
 */
export const btrfs: FileSystem = {
  types: ['btrfs'],
  plan: async (target, mount, { exec, suffix, signal }) => {
    const top = await subvolumeOf(target, mount);
    const tree = `${mount.root === '/' ? '' : mount.root}${restOf(top, mount.target)}`;
    const below = await nested(top, tree, target, { exec, signal });
    const wanted = [{ path: target, subvolume: top, isReadOnly: false }, ...below];
    const planned = wanted.map(({ path, subvolume, isReadOnly }): { place: Place; planned: Planned | null } => {
      if (isReadOnly) {
        return { place: { target: path, from: { kind: 'bind', path }, snapshot: null, why: null }, planned: null };
      }
      const name = join(subvolume, `.${suffix}`);
      const thing: SnapshotThing = { kind: 'snapshot', type: 'btrfs', name, mount: null };
      const from = { kind: 'bind', path: `${name}${restOf(path, subvolume)}` } as const;
      return {
        place: { target: path, from, snapshot: thing, why: null },
        planned: { thing, take: (ending) => take(subvolume, name, exec, ending) },
      };
    });
    return {
      places: planned.map(({ place }) => place),
      snapshots: planned.flatMap(({ planned: one }) => (one === null ? [] : [one])),
    };
  },
  remove: async (name, exec, signal) => {
    if ((await lstat(name).catch(() => null)) === null) {
      const parent = await stat(dirname(name)).catch(() => null);
      // A folder that is no subvolume is where one was mounted, and is not now.
      if (parent === null || parent.ino === subvolumeInode) return;
      throw notRemoved(name, `${dirname(name)} is not mounted`);
    }
    if ((await lstat(name)).ino !== subvolumeInode) throw notRemoved(name, 'it is no subvolume');
    const end = await exec(['btrfs', 'subvolume', 'delete', '--', name], signal);
    if (end.code !== 0) throw notRemoved(name, lastWords(end));
  },
};

/** BTRFS_FIRST_FREE_OBJECTID: the root of every subvolume has this inode, and nothing else has. */
const subvolumeInode = 256;

const subvolumeOf = async (path: string, mount: Mount): Promise<string> => {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await lstat(folder);
    if (found.isDirectory() && found.ino === subvolumeInode) return folder;
    if (folder === mount.target || folder === '/') {
      throw new Problem('snapshot-failed', 'the top of its subvolume is not mounted', 'Mount the subvolume itself.');
    }
  }
};

interface Nested {
  readonly path: string;
  readonly subvolume: string;
  readonly isReadOnly: boolean;
}

/** Subvolumes of `top` below `target`, and theirs; `tree` is what btrfs calls `top`. */
const nested = async (
  top: string,
  tree: string,
  target: string,
  about: { readonly exec: Exec; readonly signal: AbortSignal },
): Promise<readonly Nested[]> => {
  const names = await list(top, [], about);
  const readOnly = new Set(names.length === 0 ? [] : await list(top, ['-r'], about));
  const found: Nested[] = [];
  for (const name of names) {
    const full = `/${name}`;
    if (!isBelow(full, tree === '' ? '/' : tree)) continue;
    const path = `${top === '/' ? '' : top}${restOf(full, tree === '' ? '/' : tree)}`;
    if (/\/\.berth-[\w.-]+$/.test(path)) continue;
    // One that is mounted over, or hidden, is not what stands there.
    const there = await lstat(path).catch(() => null);
    if (there?.ino !== subvolumeInode) continue;
    if (isBelow(path, target)) found.push({ path, subvolume: path, isReadOnly: readOnly.has(name) });
    if (isBelow(path, target) || isBelow(target, path)) found.push(...(await nested(path, full, target, about)));
  }
  return found;
};

const list = async (
  top: string,
  options: readonly string[],
  { exec, signal }: { readonly exec: Exec; readonly signal: AbortSignal },
): Promise<readonly string[]> => {
  const end = await exec(['btrfs', 'subvolume', 'list', '-o', ...options, '--', top], signal);
  if (end.code !== 0) throw new Problem('snapshot-failed', lastWords(end), 'berth has to be root for it.');
  return end.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const name = /^ID \d+ gen \d+ top level \d+ path (.+)$/.exec(line)?.[1];
      if (name === undefined)
        throw new Problem('snapshot-failed', 'a subvolume has a name of several lines', 'Rename it.');
      return name;
    });
};

const take = async (subvolume: string, name: string, exec: Exec, signal: AbortSignal): Promise<void> => {
  const end = await exec(['btrfs', 'subvolume', 'snapshot', '-r', '--', subvolume, name], signal);
  if (end.code !== 0)
    throw new Problem('snapshot-failed', `btrfs says: ${lastWords(end)}`, 'Look: btrfs filesystem usage');
};

const notRemoved = (name: string, words: string): Problem =>
  new Problem(
    'not-removed',
    `The snapshot ${name} is still there: ${words}`,
    `Remove it: btrfs subvolume delete ${name}`,
  );
