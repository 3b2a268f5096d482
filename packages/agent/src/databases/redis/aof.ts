import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { collectTool } from '../collect.ts';
import type { DumpFacts, EngineWorld, Into, Verifier } from '../engine.ts';
import { dumpFailed, dumpUnverified, restoreRefused } from '../failed.ts';
import { copyPlain, giveTo, moment, moveAside, syncFolder } from '../put-in-place.ts';
import type { RedisEntry } from '../redis.ts';
import { pathHere, whileStopped } from '../while-stopped.ts';
import { askServer, infoOf, namesOf, plainName, setting } from './cli.ts';
import { asideWords, serverOf } from './restore.ts';

const rewriteSetting = 'auto-aof-rewrite-percentage';
const pollMs = 250;

/**
 * Copies the append-only files of a server from version 7 on, as its documentation says: no rewriting meanwhile, none under way, then the folder
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/, "Backing up AOF persistence"). The setting is put back, also by
 * `putBackRewriting` after a crash.
 */
export const dumpAof = async (
  entry: RedisEntry,
  folder: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<DumpFacts> => {
  const { title } = namesOf(entry);
  const old = await setting(entry, rewriteSetting, world, signal);
  const name = plainName(entry, 'appenddirname', await setting(entry, 'appenddirname', world, signal));
  const source = entry.data ?? (await setting(entry, 'dir', world, signal));
  const here = source === null ? null : entry.data === null ? await pathHere(entry.at, source, world) : entry.data;
  if ((await setting(entry, 'appendonly', world, signal)) !== 'yes' || old === null || name === null || here === null) {
    throw dumpFailed(
      `${title} of the entry ${entry.name} keeps no append-only files that berth can reach (form: rdb).`,
    );
  }
  const noted = await world.things.note({ kind: 'undo', entry: entry.name, what: `${rewriteSetting} ${old}` });
  try {
    await askServer(entry, ['CONFIG', 'SET', rewriteSetting, '0'], world, signal);
    await notRewriting(entry, world, signal);
    await copyFiles(join(here, name), join(folder, name), signal);
  } finally {
    // Also after a cancel, which must not keep the server from its housekeeping.
    await askServer(entry, ['CONFIG', 'SET', rewriteSetting, old], world, AbortSignal.timeout(30_000));
    await noted.done();
  }
  await mendEnd(entry, folder, name, world, signal);
  return { warnings: [] };
};

/** Puts the setting back that `dumpAof` noted. */
export const putBackRewriting = async (
  entry: RedisEntry,
  what: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const [, old] = /^auto-aof-rewrite-percentage (\d{1,9})$/.exec(what) ?? [];
  if (old === undefined) throw new Error(`no setting of this engine: ${what}`);
  await askServer(entry, ['CONFIG', 'SET', rewriteSetting, old], world, signal);
};

const notRewriting = async (entry: RedisEntry, world: EngineWorld, signal: AbortSignal): Promise<void> => {
  for (;;) {
    if (signal.aborted) throw cancelled();
    const info = await infoOf(entry, world, signal);
    if (info.get('aof_rewrite_in_progress') === '0' && info.get('aof_rewrite_scheduled') === '0') return;
    await world.sleep(pollMs, signal);
  }
};

/** The manifest first: it names the others, and no new ones come while nothing is rewritten. */
const copyFiles = async (from: string, to: string, signal: AbortSignal): Promise<void> => {
  await mkdir(to, { mode: 0o700 });
  const names = await readdir(from);
  const isManifest = (name: string): boolean => name.endsWith('.manifest');
  for (const name of [...names.filter(isManifest), ...names.filter((each) => !isManifest(each))]) {
    if (signal.aborted) throw cancelled();
    await copyPlain(join(from, name), join(to, name));
  }
};

/** The last command may have been copied while it was written: the checker cuts it off, as the server itself would. */
const mendEnd = async (
  entry: RedisEntry,
  folder: string,
  name: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const manifest = await manifestIn(join(folder, name));
  const first = await checkAof(entry, manifest, null, world, signal).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'tool-missing') return 'ok' as const;
    throw error;
  });
  if (first === 'ok') return;
  await checkAof(entry, manifest, new TextEncoder().encode('y\n'), world, signal);
};

const manifestIn = async (folder: string): Promise<string> => {
  const name = (await readdir(folder)).find((each) => each.endsWith('.manifest'));
  if (name === undefined) throw dumpUnverified('The append-only files have no manifest.');
  return join(folder, name);
};

const checkAof = async (
  entry: RedisEntry,
  manifest: string,
  fix: Uint8Array | null,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<'ok' | string> => {
  const { checkAof: tool } = namesOf(entry);
  const argv = fix === null ? ([tool, manifest] as const) : ([tool, '--fix', manifest] as const);
  const stdin = fix === null ? undefined : once(fix);
  const end = await collectTool(world, { kind: 'host' }, { argv, stdin }, signal);
  return end.code === 0 ? 'ok' : `${end.stdout}\n${end.stderr.join('\n')}`.slice(-2000);
};

const once = async function* (chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
};

/** Has the engine's checker read a folder of append-only files. */
export const aofVerifier = (entry: RedisEntry, folder: string, world: EngineWorld, signal: AbortSignal): Verifier => ({
  see: () => undefined,
  conclude: async () => {
    const [name] = await readdir(folder);
    if (name === undefined) throw dumpUnverified('The dump is empty.');
    const said = await checkAof(entry, await manifestIn(join(folder, name)), null, world, signal);
    if (said === 'ok') return 'tool';
    throw dumpUnverified(`${namesOf(entry).checkAof} found the append-only files broken.`, new Error(said));
  },
  [Symbol.asyncDispose]: async () => undefined,
});

/** Puts a folder of append-only files in the place of the server's own, while it is stopped. */
export const restoreAof = async (
  entry: RedisEntry,
  from: string,
  into: Into,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<DumpFacts> => {
  const { title } = namesOf(entry);
  if (into.kind === 'new') {
    throw restoreRefused(
      `${title} has no second database that a dump could go into.`,
      'Restore with --live or --to-file.',
    );
  }
  const { stop, folder, isReached } = await serverOf(entry, world, signal);
  if (isReached && (await setting(entry, 'appendonly', world, signal)) !== 'yes') {
    const remedy = 'Set "appendonly yes" in its configuration and restart it, then restore.';
    throw restoreRefused(`${title} keeps no append-only files now, and would not read them.`, remedy);
  }
  const [name] = await readdir(from);
  if (name === undefined) throw dumpUnverified('The dump is empty.');
  const path = join(folder, name);
  const beside = join(folder, `.berth-${moment(world.now())}`);
  const noted = await world.things.note({ kind: 'folder', path: beside });
  try {
    await mkdir(beside, { mode: 0o750 });
    await copyFiles(join(from, name), join(beside, name), signal);
    await giveTo(beside, folder);
    let aside: string | null = null;
    const warnings = await whileStopped(
      stop,
      entry.timeout,
      async () => {
        aside = await moveAside(path, world.now());
        await rename(join(beside, name), path);
        await syncFolder(path);
      },
      world,
      signal,
    );
    return { warnings: [...warnings, ...asideWords(title, aside)] };
  } finally {
    await rm(beside, { recursive: true, force: true });
    await noted.done();
  }
};
