import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import type { DumpFacts, DumpSource, EngineWorld, Into } from '../engine.ts';
import { restoreFailed, restoreRefused } from '../failed.ts';
import { giveTo, modeLike, moment, moveAside, syncFolder, writeNew } from '../put-in-place.ts';
import type { RedisEntry } from '../redis.ts';
import { pathHere, stopOf, whileStopped } from '../while-stopped.ts';
import { namesOf, plainName, setting } from './cli.ts';

/**
 * Puts a dump in the place of the server's own file while the server is stopped: it reads it when it starts, and writes it when it ends
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/). With append-only files it would read those and leave dump.rdb alone,
 * so that is refused.
 */
export const restoreRdb = async (
  entry: RedisEntry,
  from: DumpSource & { readonly kind: 'stream' },
  into: Into,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<DumpFacts> => {
  const { title } = namesOf(entry);
  if (into.kind === 'new') {
    throw restoreRefused(
      `${title} has no second database that a dump could go into.`,
      'Write the dump to a file (--to-file dump.rdb) and start another server in that folder.',
    );
  }
  const { stop, folder, file, isReached } = await serverOf(entry, world, signal);
  const isAppending = isReached
    ? (await setting(entry, 'appendonly', world, signal)) === 'yes'
    : await hasAppendOnly(folder);
  if (isAppending) {
    throw restoreRefused(
      `${title} reads its append-only files when it starts, and would not look at dump.rdb.`,
      `Set "appendonly no" in its configuration and restart it, restore, then switch it on again: ${namesOf(entry).cli} CONFIG SET appendonly yes`,
    );
  }
  const path = join(folder, file);
  const beside = join(folder, `.berth-${moment(world.now())}.rdb`);
  const noted = await world.things.note({ kind: 'folder', path: beside });
  try {
    await writeNew(beside, from.chunks);
    await modeLike(beside, path);
    await giveTo(beside, folder);
    let aside: string | null = null;
    const warnings = await whileStopped(
      stop,
      entry.timeout,
      async () => {
        aside = await moveAside(path, world.now());
        await rename(beside, path);
        await syncFolder(path);
      },
      world,
      signal,
    );
    return { warnings: [...warnings, ...asideWords(title, aside)] };
  } finally {
    await rm(beside, { force: true });
    await noted.done();
  }
};

/** Where what was there before is now. */
export const asideWords = (title: string, aside: string | null): readonly string[] =>
  aside === null ? [] : [`What ${title} had before is in ${aside}.`];

/** The server's folder on this machine, and how it is stopped. Throws 'restore-refused' with what to do by hand. */
export const serverOf = async (entry: RedisEntry, world: EngineWorld, signal: AbortSignal) => {
  const { title } = namesOf(entry);
  const stop = stopOf(entry);
  if (stop === null) throw byHand(entry, 'berth does not know how to stop it');
  const told = await Promise.all([
    setting(entry, 'dir', world, signal),
    setting(entry, 'dbfilename', world, signal),
  ]).catch(() => null);
  const file = plainName(entry, 'dbfilename', told?.[1] ?? null) ?? 'dump.rdb';
  const inside = told?.[0] ?? null;
  const mapped = inside === null ? null : await pathHere(entry.at, inside, world);
  const folder = entry.data ?? (entry.at.kind === 'tcp' ? null : mapped);
  if (folder === null) throw byHand(entry, `${title}'s folder is not known, or not on this machine`);
  const found = await lstat(folder).catch(() => null);
  if (found?.isDirectory() !== true) throw restoreFailed(`${title}'s folder ${folder} is not there.`);
  // Only agent.yaml may send root into a folder of root's: /etc/cron.d is no place that a server keeps data in.
  if (entry.data === null && entry.at.kind !== 'container' && found.uid === 0 && process.getuid?.() === 0) {
    throw byHand(entry, `it calls ${printable(folder, 200)} its folder, which belongs to root`);
  }
  return { stop, folder, file, isReached: told !== null };
};

/** From Redis 7 on they lie in a folder, before that in one file. */
const hasAppendOnly = async (folder: string): Promise<boolean> => {
  const found = await Promise.all(
    ['appendonlydir', 'appendonly.aof'].map((name) => lstat(join(folder, name)).catch(() => null)),
  );
  return found.some((entry) => entry !== null);
};

const byHand = (entry: RedisEntry, why: string): Error => {
  const { title } = namesOf(entry);
  return restoreRefused(
    `${title} must not run while its data are put back, and ${why}.`,
    [
      `Add "stop: { unit: ${entry.engine}-server.service }" and "data: /var/lib/${entry.engine}" to the entry ${entry.name}, or do it by hand:`,
      'write the dump to a file (--to-file dump.rdb), stop the server, put the file in its folder (CONFIG GET dir) in the place of dump.rdb,',
      "give it to the server's user, and start the server.",
    ].join(' '),
  );
};
