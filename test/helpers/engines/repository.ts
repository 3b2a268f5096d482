import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dumpDatabase } from '../../../packages/agent/src/databases/dump-database.ts';
import type { Database, EngineWorld, Into, Unit } from '../../../packages/agent/src/databases/engine.ts';
import { restoreDump } from '../../../packages/agent/src/databases/restore-dump.ts';
import { testWorld } from '../../../packages/agent/src/databases/testing.ts';
import { openRestic, type Restic } from '../../../packages/common/src/restic/restic.ts';
import { fetchRestic, type ResticRelease } from '../../../scripts/fetch-restic.ts';

/** The files of an empty repository, once restic has made one: to make another it measures for a second how hard a key may be to derive. */
const begun = new Map<ResticRelease, ReadonlyMap<string, Uint8Array>>();

/** A local restic repository in a folder of its own (or below `below`), with what a run does to databases: dump them into it, restore them from it. */
export const withRepository = async (release: ResticRelease = '0.14', below: string = tmpdir()) => {
  const directory = await mkdtemp(join(below, 'berth-engine-'));
  await mkdir(join(directory, 'cache'));
  await writeFile(join(directory, 'password'), 'of the repository\n', { mode: 0o600 });
  const restic = await openRestic({
    binary: await fetchRestic(release),
    repository: join(directory, 'repository'),
    passwordFile: join(directory, 'password'),
    cacheDirectory: join(directory, 'cache'),
    env: process.env,
  });
  const repository = join(directory, 'repository');
  const made = begun.get(release);
  if (made === undefined) {
    const end = await restic.init();
    if (end.kind !== 'ok') throw new Error(`no repository: ${end.words.join('; ')}`);
    const [key = ''] = await readdir(join(repository, 'keys'));
    const files = ['config', join('keys', key)];
    begun.set(
      release,
      new Map(await Promise.all(files.map(async (file) => [file, await readFile(join(repository, file))] as const))),
    );
  } else {
    for (const folder of ['data', 'index', 'keys', 'locks', 'snapshots']) {
      await mkdir(join(repository, folder), { recursive: true });
    }
    for (const [file, bytes] of made) await writeFile(join(repository, file), bytes, { mode: 0o400 });
  }
  const world = testWorld({ state: join(directory, 'state') });
  const snapshots = async () => {
    const listed = await restic.snapshots({}, {});
    if (listed.kind !== 'ok') throw new Error(`no list: ${listed.words.join('; ')}`);
    return listed.value;
  };
  return {
    directory,
    restic,
    world,
    snapshots,
    /** How many there are, which restic needs a moment for. */
    count: async (): Promise<number> => (await readdir(join(directory, 'repository/snapshots'))).length,
    /** As one entry of a run. */
    dump: (database: Database, more: { readonly world?: EngineWorld; readonly signal?: AbortSignal } = {}) =>
      dumpDatabase({
        database,
        restic,
        host: 'laptop',
        world: more.world ?? world,
        folders: join(directory, 'state', 'databases'),
        finished: new Set(),
        signal: more.signal ?? new AbortController().signal,
        onProgress: () => undefined,
      }),
    /** The newest snapshot of a unit, written back. */
    restore: async (
      database: Database,
      unit: Unit,
      into: Into = { kind: 'live' },
      on: EngineWorld = world,
      by: Pick<Restic, 'readStream' | 'restore'> = restic,
    ) => {
      const fitting = (await snapshots()).filter(({ paths }) => paths.some((path) => path.endsWith(`/${unit.file}`)));
      const snapshot = fitting.at(-1)?.id;
      if (snapshot === undefined) throw new Error(`no snapshot of ${unit.file}`);
      return restoreDump({
        database,
        unit,
        snapshot,
        restic: by,
        into,
        world: on,
        signal: new AbortController().signal,
      });
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};
/** See `withRepository`. */
export type Repository = Awaited<ReturnType<typeof withRepository>>;

/** The unit of one database, as the engine describes it. */
export const unitOf = async (database: Database, name: string | null, world: EngineWorld): Promise<Unit> => {
  const { units } = await database.describe(world, new AbortController().signal);
  const unit = units.find((one) => one.database === name);
  if (unit === undefined) throw new Error(`no unit ${JSON.stringify(name)} among ${JSON.stringify(units)}`);
  return unit;
};
