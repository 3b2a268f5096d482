import { lstat, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { DumpFacts, DumpSource, EngineWorld, Into } from '../engine.ts';
import type { EtcdEntry } from '../etcd.ts';
import { restoreFailed, restoreRefused } from '../failed.ts';
import { giveTo, moment, moveAside, syncFolder, writeNew } from '../put-in-place.ts';
import { stopOf, whileStopped } from '../while-stopped.ts';
import { offline, snapshotFile } from './folder.ts';
import { memberOf } from './member.ts';

/**
 * Makes a data folder of a snapshot, which is the only way back (https://etcd.io/docs/v3.5/op-guide/recovery/, "Restoring a cluster"): as another folder, or,
 * of a cluster of one member, in the place of the live one while it is stopped.
 */
export const restoreEtcd = async (
  entry: EtcdEntry,
  from: DumpSource,
  into: Into,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<DumpFacts> => {
  await using scratch = await world.scratch();
  const file = from.kind === 'folder' ? snapshotFile(from.path) : join(scratch.path, 'snapshot.db');
  const spool = async (): Promise<void> => {
    if (from.kind === 'stream') await writeNew(file, from.chunks);
  };
  const members = await memberOf(entry, world, signal).then(
    (told) => told.members,
    () => [],
  );
  const [member] = members;
  const membership =
    member === undefined || members.length > 1
      ? []
      : [
          `--name=${member.name}`,
          `--initial-cluster=${member.peerURLs.map((url) => `${member.name}=${url}`).join(',')}`,
          `--initial-advertise-peer-urls=${member.peerURLs.join(',')}`,
        ];
  const makeFolder = async (path: string): Promise<void> => {
    const end = await offline(world, ['snapshot', 'restore', file, `--data-dir=${path}`, ...membership], signal);
    if (end.code !== 0) throw restoreFailed('etcd’s own tool made no data folder of it.', end.stderr.slice(0, 3));
  };
  if (into.kind === 'new') {
    await refuseTaken(into.name);
    await spool();
    await makeFolder(into.name);
    await giveTo(into.name, entry.data ?? dirname(into.name));
    return {
      warnings: membership.length > 0 ? [] : ['Its only member is called "default": see "etcd" in docs/databases.md.'],
    };
  }
  const stop = stopOf(entry);
  if (stop === null || entry.data === null) throw byHand(entry, 'berth does not know its folder and how to stop it');
  if (members.length > 1) throw byHand(entry, `its cluster has ${members.length} members`);
  const data = entry.data;
  const beside = join(data, `.berth-${moment(world.now())}`);
  const noted = await world.things.note({ kind: 'folder', path: beside });
  try {
    await spool();
    await makeFolder(beside);
    await giveTo(beside, data);
    let aside: string | null = null;
    const warnings = await whileStopped(
      stop,
      entry.timeout,
      async () => {
        aside = await moveAside(join(data, 'member'), world.now());
        await rename(join(beside, 'member'), join(data, 'member'));
        await syncFolder(join(data, 'member'));
      },
      world,
      signal,
    );
    return { warnings: [...warnings, ...(aside === null ? [] : [`What etcd had before is in ${String(aside)}.`])] };
  } finally {
    await rm(beside, { recursive: true, force: true });
    await noted.done();
  }
};

const refuseTaken = async (path: string): Promise<void> => {
  if (!isAbsolute(path)) {
    throw restoreRefused('A snapshot of etcd becomes a data folder.', 'Name its path: --into /var/lib/etcd/restored');
  }
  if ((await lstat(path).catch(() => null)) !== null) {
    throw restoreRefused(`There is something at ${path} already.`, 'Name a path where nothing is yet.');
  }
};

const byHand = (entry: EtcdEntry, why: string): Error =>
  restoreRefused(
    `etcd must not run while its data are put back, and ${why}.`,
    [
      `With one member: add "stop: { unit: etcd.service }" and "data: /var/lib/etcd/default" to the entry ${entry.name}. With several, by hand:`,
      'write the snapshot to a file (--to-file snapshot.db), stop every member, run on each "etcdutl snapshot restore snapshot.db --data-dir NEW --name NAME',
      '--initial-cluster NAME=URL,… --initial-advertise-peer-urls URL", put NEW in the place of its data folder, and start them all.',
    ].join(' '),
  );
