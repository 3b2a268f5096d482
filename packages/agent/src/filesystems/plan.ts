import { readdir, realpath } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import type { Exec } from '../services/exec.ts';
import { btrfs } from './btrfs.ts';
import { lvm } from './lvm.ts';
import { isBelow, type Mount, mountOf } from './mounts.ts';
import type { FileSystem, Place, Planned } from './source.ts';
import { zfs } from './zfs.ts';

/** Every file system that can be kept. */
export const fileSystems: readonly FileSystem[] = [btrfs, zfs, lvm];

/** What is to stand where while restic reads one path. */
export interface PathPlan {
  readonly path: string;
  /** In all of them something is kept, or nothing can change. Live ones say why. */
  readonly places: readonly Place[];
  readonly snapshots: readonly Planned[];
}

/** What planning takes from the world. */
export interface PlanWorld {
  readonly exec: Exec;
  readonly suffix: string;
  readonly mounts: readonly Mount[];
  readonly signal: AbortSignal;
}

/** Folders that are no files: each is a mount of its own where Linux runs. */
const neverBound = new Set(['/proc', '/sys', '/dev', '/run']);

/**
 * Finds what a path and all below it are on. Nothing can be bound over the root itself: its folders are taken one by one, and what lies in it beside
 * folders is read live. Throws a Problem whose message says why the path is read live.
 */
export const planPath = async (path: string, world: PlanWorld): Promise<PathPlan> => {
  const real = await realpath(path).catch(() => null);
  if (real === null) throw new Problem('snapshot-failed', 'it is not there', 'Look whether it is mounted.');
  const tops = real === '/' ? await foldersOf(world.mounts) : [real];
  const roots = tops.map((target): { target: string; mount: Mount } => {
    const mount = mountOf(target, world.mounts);
    if (mount === null) throw new Problem('snapshot-failed', 'no mount has it', 'Report this.');
    return { target, mount };
  });
  const below = world.mounts.flatMap((mount) =>
    tops.some((top) => isBelow(mount.target, top)) ? [{ target: mount.target, mount }] : [],
  );
  const places: Place[] = [];
  const snapshots: Planned[] = [];
  for (const { target, mount } of [...roots, ...below]) {
    const plan = await planOne(target, mount, world);
    snapshots.push(...plan.snapshots);
    // A subvolume that is mounted at its own place in the tree is found twice; the mount is what stands there.
    const isMount = (place: Place): boolean =>
      below.some((other) => other.target === place.target && place.target !== target);
    places.push(...plan.places.filter((place) => !isMount(place)));
  }
  const wanted = new Set(places.flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot.name])));
  return { path, places, snapshots: snapshots.filter(({ thing }) => wanted.has(thing.name)) };
};

const foldersOf = async (mounts: readonly Mount[]): Promise<readonly string[]> =>
  (await readdir('/', { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `/${name}`)
    .filter((folder) => !neverBound.has(folder) && !pseudo.has(mountOf(folder, mounts)?.type ?? ''));

const pseudo = new Set([
  'proc',
  'sysfs',
  'devtmpfs',
  'devpts',
  'cgroup',
  'cgroup2',
  'securityfs',
  'debugfs',
  'efivarfs',
]);

const planOne = async (
  target: string,
  mount: Mount,
  world: PlanWorld,
): Promise<{ readonly snapshots: readonly Planned[]; readonly places: readonly Place[] }> => {
  const fileSystem = fileSystems.find(({ types }) => types.includes(mount.type));
  if (fileSystem === undefined) return live(target, `${mount.type} knows no snapshots`);
  try {
    return await fileSystem.plan(target, mount, world);
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'cancelled') throw error;
    return live(target, error.message);
  }
};

const live = (target: string, why: string) => ({
  snapshots: [],
  places: [{ target, from: { kind: 'bind', path: target }, snapshot: null, why } as const],
});
