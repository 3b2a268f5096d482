import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { parseConfig } from '../config/load.ts';
import { testWorld } from '../databases/testing.ts';
import { checkDatabases } from './databases.ts';
import { checkLeftovers } from './leftovers.ts';
import { proposals } from './propose.ts';

const withFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'doctor-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

const entriesOf = (databases: string) => {
  const config = parseConfig('agent.yaml', `server: a@b\nname: laptop\npaths: [/etc]\ndatabases: ${databases}\n`);
  if (config.ok) return config.config.databases;
  throw new Error(JSON.stringify(config.findings));
};

test('each entry is asked, and what it says of itself is told; one that fails does not keep the next from being asked', async () => {
  await using folder = await withFolder();
  const file = join(folder.path, 'a.db');
  {
    using database = new DatabaseSync(file);
    database.exec('create table t (x)');
  }
  const entries = entriesOf(
    `[{ engine: sqlite, name: gone, file: ${folder.path}/b.db }, { engine: sqlite, name: here, file: ${file} }]`,
  );
  const world = testWorld({ state: folder.path });
  const findings = await checkDatabases(entries, world, new AbortController().signal);
  expect(findings).toMatchObject([
    { check: 'database gone', state: 'failed', message: expect.stringContaining('no file') },
    { check: 'database here', state: 'ok', message: expect.stringMatching(/^SQLite 3\./) },
  ]);
});

test('a folder is no database file, and it says what to write', async () => {
  await using folder = await withFolder();
  const entries = entriesOf(`[{ engine: sqlite, file: ${folder.path} }]`);
  const findings = await checkDatabases(entries, testWorld({ state: folder.path }), new AbortController().signal);
  expect(findings).toMatchObject([
    { state: 'failed', message: `${folder.path} is no file.`, remedy: expect.stringContaining('"file:"') },
  ]);
});

test('a database that agent.yaml names and the server has not is found before the next run fails', async () => {
  const entries = entriesOf('[{ engine: postgres, name: pg, tools: /nowhere, only: [shop, shoop] }]');
  const server = ['15.1', '150001', 'on', 'postgres', 'yshop', ''].join('\0');
  const world = testWorld({
    run: async (_place, { argv, onStdout }) => {
      await onStdout?.(Buffer.from(argv[1] === '--version' ? 'pg_dump (PostgreSQL) 15.1' : server));
      return { code: 0, stderr: [] };
    },
  });
  expect(await checkDatabases(entries, world, new AbortController().signal)).toMatchObject([
    { check: 'database pg', state: 'failed', message: 'PostgreSQL 15.1, pg_dump 15.1 has no shoop.' },
  ]);
});

test('a file with a secret is its owner’s alone; a certificate is for all', async () => {
  await using folder = await withFolder();
  const secret = join(folder.path, 'key');
  await writeFile(secret, 'x\n', { mode: 0o644 });
  const [entry] = entriesOf(
    `[{ engine: qdrant, url: 'http://127.0.0.1:1', api_key_file: ${secret}, ca_file: ${secret} }]`,
  );
  const world = testWorld({ state: folder.path });
  const look = async () =>
    (await checkDatabases(entry === undefined ? [] : [entry], world, new AbortController().signal)).filter(
      ({ check }) => check !== 'database qdrant',
    );
  expect(await look()).toMatchObject([
    { check: 'api_key_file of qdrant', state: 'failed', remedy: `Run: chmod 600 ${secret}` },
  ]);
  await chmod(secret, 0o600);
  expect(await look()).toMatchObject([{ state: 'ok' }]);
});

test('what a killed run left is told, and stays where it is', async () => {
  await using folder = await withFolder();
  const unfinished = join(folder.path, 'unfinished.json');
  expect(await checkLeftovers({ unfinished })).toEqual([]);
  const thing = { kind: 'folder', path: '/x' };
  const text = JSON.stringify({ version: 1, entries: [{ id: 'a', at: '2026-11-14T00:00:00.000Z', by: null, thing }] });
  await writeFile(unfinished, text);
  expect(await checkLeftovers({ unfinished })).toMatchObject([{ state: 'warning', remedy: 'Run: berth recover' }]);
  expect(await checkLeftovers({ unfinished })).toHaveLength(1);
  await writeFile(unfinished, '{"version":1,');
  expect(await checkLeftovers({ unfinished })).toMatchObject([{ state: 'failed' }]);
  await writeFile(`${unfinished}.broken`, '');
  expect(await checkLeftovers({ unfinished })).toMatchObject([
    { state: 'failed', message: expect.stringContaining('.broken') },
  ]);
});

test('a proposal is no fault, and there are never too many', () => {
  const uncovered = Array.from({ length: 30 }, (_, index) => {
    return { engine: 'redis', where: `port ${index}`, isGuess: false, proposal: '- { engine: redis }' } as const;
  });
  const found = proposals(uncovered);
  expect(found).toHaveLength(13);
  expect(found.every(({ state }) => state === 'ok')).toBe(true);
  expect(found[0]?.remedy).toContain('- { engine: redis }');
});
