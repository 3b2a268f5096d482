import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { StreamCut } from '@berth/common/restic/read-stream.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { expect, test } from 'vitest';
import type { Database } from '../databases/engine.ts';
import { dumpTags, fileNameOf } from '../databases/name.ts';
import { type StoredDump, storedDumps } from '../databases/stored.ts';
import { testWorld } from '../databases/testing.ts';
import { confirm, nameToType, planText } from './confirm.ts';
import { dumpBefore } from './safety.ts';
import { writeToFile } from './to-file.ts';

const storedAs = (database: string | null, ending: string | null = 'dump'): StoredDump => {
  const about = { engine: 'postgres', name: 'pg', database } as const;
  const file = fileNameOf({ ...about, ending });
  const paths = [ending === null ? `/var/lib/berth/databases/${file}` : `/${file}`];
  const [dump] = storedDumps([
    { id: 'ab'.repeat(32), time: '2026-11-14T03:00:00Z', hostname: 'nas', paths, tags: dumpTags(about) },
  ]);
  if (dump === undefined) throw new Error('no dump');
  return dump;
};
const shop = storedAs('shop');

const said = { words: ['Fatal: pack is gone'], warnings: [], itemErrors: [], itemErrorCount: 0 };

const resticOf = (how: 'whole' | 'cut'): Pick<Restic, 'readStream' | 'restore'> => ({
  readStream: async function* () {
    yield Buffer.from('half ');
    if (how === 'cut') throw new StreamCut({ ...said, kind: 'damaged', exitCode: 1 });
    yield Buffer.from('and half');
  },
  restore: async ({ target, snapshot }) => {
    expect(snapshot).toBe(shop.snapshot);
    const folder = join(target, 'var/lib/berth/databases/postgres-pg-shop');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'part'), 'whole');
    return { ...said, kind: how === 'whole' ? 'ok' : 'incomplete', value: { filesRestored: 1, bytesRestored: 5 } };
  },
});

const databaseOf = (
  more: Partial<Database> & { readonly conclude?: () => Promise<'tool' | 'stream'> } = {},
): Database => ({
  ...{ engine: 'postgres', name: 'pg', timeoutMs: 60_000 },
  describe: async () => ({ version: '15', units: [], warnings: [] }),
  dump: async () => ({ warnings: [] }),
  verify: () => ({
    see: () => undefined,
    conclude: more.conclude ?? (async () => 'tool'),
    [Symbol.asyncDispose]: async () => undefined,
  }),
  restore: async () => ({ warnings: [] }),
  ...more,
});

const withFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'restore-db-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

const write = (folder: string, more: Partial<Parameters<typeof writeToFile>[0]> = {}) =>
  writeToFile({
    ...{ dump: shop, path: join(folder, 'shop.dump'), database: databaseOf(), restic: resticOf('whole') },
    ...{ world: testWorld({ state: folder }), signal: new AbortController().signal, onProgress: () => undefined },
    ...more,
  });

test('a dump becomes a file for its owner only, checked, or says that nothing has checked it', async () => {
  await using folder = await withFolder();
  expect(await write(folder.path)).toMatchObject({ verified: 'tool', warnings: [] });
  expect(await readFile(join(folder.path, 'shop.dump'), 'utf8')).toBe('half and half');
  expect((await stat(join(folder.path, 'shop.dump'))).mode & 0o777).toBe(0o600);
  const unknown = await write(folder.path, { path: join(folder.path, 'two'), database: null });
  expect(unknown).toMatchObject({ verified: 'none', warnings: [expect.stringContaining('nothing has checked')] });
  const lacking = databaseOf({
    conclude: () => Promise.reject(new Problem('tool-missing', 'No pg_restore here.', '')),
  });
  const unchecked = await write(folder.path, { path: join(folder.path, 'three'), database: lacking });
  expect(unchecked).toMatchObject({ verified: 'none', warnings: [expect.stringContaining('No pg_restore')] });
});

test('a folder becomes a folder', async () => {
  await using folder = await withFolder();
  await write(folder.path, { dump: storedAs('shop', null) });
  expect(await readFile(join(folder.path, 'shop.dump/part'), 'utf8')).toBe('whole');
  expect(await readdir(folder.path)).toEqual(['shop.dump']);
});

test.for([
  ['cut', { restic: resticOf('cut') }, 'dump-unreadable'],
  ['cut in a folder', { restic: resticOf('cut'), dump: storedAs('shop', null) }, 'dump-unreadable'],
  [
    'not whole',
    { database: databaseOf({ conclude: () => Promise.reject(new Problem('dump-unverified', 'Half.', '')) }) },
    'dump-unverified',
  ],
] as const)('what is %s leaves no file', async ([, more, code]) => {
  await using folder = await withFolder();
  await expect(write(folder.path, more)).rejects.toMatchObject({ code });
  expect(await readdir(folder.path)).toEqual([]);
});

test('what is there is not overwritten, and a folder that is not there is named', async () => {
  await using folder = await withFolder();
  await writeFile(join(folder.path, 'shop.dump'), 'mine');
  await expect(write(folder.path)).rejects.toMatchObject({ code: 'target-exists' });
  expect(await readFile(join(folder.path, 'shop.dump'), 'utf8')).toBe('mine');
  const meanwhile = write(folder.path, {
    path: join(folder.path, 'late.dump'),
    onProgress: () => writeFileSync(join(folder.path, 'late.dump'), 'mine too'),
  });
  await expect(meanwhile).rejects.toMatchObject({ code: 'target-exists' });
  expect(await readFile(join(folder.path, 'late.dump'), 'utf8')).toBe('mine too');
  const missing = write(folder.path, { path: join(folder.path, 'no/shop.dump') });
  await expect(missing).rejects.toMatchObject({ code: 'target-missing' });
});

test('only the very name goes on; nothing, another word and no terminal do not', async () => {
  const name = nameToType([shop]);
  expect([name, nameToType([shop, storedAs(null)]), nameToType([storedAs('a\nb')])]).toEqual(['pg/shop', 'pg', 'pg']);
  await confirm(name, { ask: async () => 'pg/shop' });
  for (const typed of ['', 'y', 'pg', null]) {
    const remedy = expect.stringContaining(typed === null ? '--yes' : 'type pg/shop');
    await expect(confirm(name, { ask: async () => typed })).rejects.toMatchObject({ code: 'unconfirmed', remedy });
  }
});

test('the plan says what is replaced, and whether it is dumped first', () => {
  const plan = (safety: boolean) => planText([shop], { server: 'pg', safety, words: () => 'shop by its dump' });
  expect(plan(true)).toContain('live in pg:\n  shop by its dump\nWhat is there now is dumped first');
  expect(plan(false)).toContain('NOT dumped first');
});

test('before a restore only what it replaces, and is there, is dumped, with a tag of its own', async () => {
  await using folder = await withFolder();
  const units = ['shop', 'crm', 'gone'].map((database) => {
    const { file, form } = storedAs(database);
    return { database, file, form, isMissing: database === 'gone' };
  });
  const database = databaseOf({
    describe: async () => ({ version: '15', units, warnings: [] }),
    dump: async (_unit, to) => {
      if (to.kind === 'stream') await to.sink.write(Buffer.from('bytes'));
      return { warnings: [] };
    },
  });
  const tags: (readonly string[])[] = [];
  const restic: Pick<Restic, 'backup' | 'backupStream'> = {
    backup: () => Promise.reject(new Error('no folder here')),
    backupStream: async (request, produce) => {
      tags.push(request.tags);
      await produce({ write: async () => undefined }, new AbortController().signal);
      return { ...said, kind: 'failed', exitCode: 1 };
    },
  };
  const about = {
    replaced: [shop, storedAs('gone')],
    restic,
    host: 'nas',
    state: folder.path,
    onProgress: () => undefined,
  };
  const save = dumpBefore({
    ...about,
    database,
    world: testWorld({ state: folder.path }),
    signal: new AbortController().signal,
  });
  await expect(save).rejects.toMatchObject({ code: 'safety-failed' });
  expect(tags).toEqual([['db', 'db:postgres', 'db:pg', 'db:pg/shop', 'db:before-restore']]);
});
