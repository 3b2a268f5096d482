import { cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { DumpFacts, EngineWorld, Into } from '../engine.ts';
import { restoreRefused } from '../failed.ts';
import type { PrometheusEntry } from '../prometheus.ts';
import { giveTo, moment } from '../put-in-place.ts';
import { stopOf, whileStopped } from '../while-stopped.ts';
import { isBlock } from './blocks.ts';
import { describeServer } from './snapshot.ts';

/** What a server reads when it starts, beside its blocks: the newest samples. */
const heads: readonly string[] = ['wal', 'wbl', 'chunks_head'];

/** Puts the blocks in the place of the server's own while it is stopped, or into another folder, over which a server can be started. */
export const restoreBlocks = async (
  entry: PrometheusEntry,
  from: string,
  into: Into,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<DumpFacts> => {
  const blocks = (await readdir(from)).filter(isBlock);
  const copy = async (folder: string): Promise<void> => {
    await mkdir(folder, { mode: 0o750 });
    for (const block of blocks) await cp(join(from, block), join(folder, block), { recursive: true });
  };
  if (into.kind === 'new') {
    await refuseTaken(into.name);
    await copy(into.name);
    await giveTo(into.name, entry.data ?? dirname(into.name));
    return { warnings: [] };
  }
  const stop = stopOf(entry);
  const data = entry.data ?? (await describeServer(entry, world, signal).catch(() => null))?.data ?? null;
  if (stop === null || data === null) throw byHand(entry);
  const beside = join(data, `.berth-${moment(world.now())}`);
  const aside = join(data, `before-${moment(world.now())}`);
  const noted = await world.things.note({ kind: 'folder', path: beside });
  try {
    await copy(beside);
    await giveTo(beside, data);
    const warnings = await whileStopped(
      stop,
      entry.timeout,
      async () => {
        const old = (await readdir(data)).filter((name) => isBlock(name) || heads.includes(name));
        await mkdir(aside, { mode: 0o750 });
        for (const name of old) await rename(join(data, name), join(aside, name));
        for (const block of blocks) await rename(join(beside, block), join(data, block));
        await giveTo(aside, data);
      },
      world,
      signal,
    );
    return { warnings: [...warnings, `What Prometheus had before is in ${aside}.`] };
  } finally {
    await rm(beside, { recursive: true, force: true });
    await noted.done();
  }
};

const refuseTaken = async (path: string): Promise<void> => {
  if (!isAbsolute(path)) {
    throw restoreRefused('A snapshot of Prometheus is a folder.', 'Name its path: --into /var/lib/prometheus/restored');
  }
  if ((await lstat(path).catch(() => null)) !== null) {
    throw restoreRefused(`There is something at ${path} already.`, 'Name a path where nothing is yet.');
  }
};

const byHand = (entry: PrometheusEntry): Error =>
  restoreRefused(
    'Prometheus must not run while its data are put back, and berth does not know how to stop it, or where they lie.',
    [
      `Add "stop: { unit: prometheus.service }" and "data:" to the entry ${entry.name}, or do it by hand: write the blocks to a folder`,
      '(--into /var/lib/prometheus/restored), stop Prometheus, move the blocks, wal, wbl and chunks_head of its data folder away, move the',
      'restored blocks there, give them to its user, and start it.',
    ].join(' '),
  );
