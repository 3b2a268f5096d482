import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { elasticsearchDatabase, elasticsearchSchema } from '../packages/agent/src/databases/elasticsearch.ts';
import type { Database } from '../packages/agent/src/databases/engine.ts';
import { qdrantDatabase, qdrantSchema } from '../packages/agent/src/databases/qdrant.ts';
import { thingsInMemory } from '../packages/agent/src/databases/testing.ts';
import { vaultDatabase, vaultSchema } from '../packages/agent/src/databases/vault.ts';
import { type Repository, unitOf, withRepository } from './helpers/engines/repository.ts';
import { withElasticsearchStandIn } from './helpers/stand-ins/elasticsearch.ts';
import { large, outcomesOf, secretIn } from './helpers/stand-ins/outcomes.ts';
import { withQdrantStandIn } from './helpers/stand-ins/qdrant.ts';
import { withVaultStandIn } from './helpers/stand-ins/vault.ts';

// None of these engines can be had here. What passes is what the documentation says of them, not the engines themselves.

let repository: Repository;
beforeEach(async () => {
  repository = await withRepository('0.14');
});
afterEach(() => repository[Symbol.asyncDispose]());

const secret = (name: string, text: string): Promise<string> => secretIn(repository, name, text);
const outcomes = (database: Database, world = repository.world) => outcomesOf(repository, database, world);
const { signal } = new AbortController();

test('Qdrant: collections and aliases come back, cut or wrong snapshots are none, and none stays on the server', async () => {
  await using qdrant = await withQdrantStandIn('the key');
  const key = await secret('key', 'the key');
  const entry = (file = key) =>
    qdrantDatabase(qdrantSchema.parse({ engine: 'qdrant', url: qdrant.url, api_key_file: file }));
  const text = large();
  const weird = `we'ird "na\nme" %41/..`;
  qdrant.collections.set('shop', text).set(weird, 'points');
  qdrant.aliases.push({ alias_name: 'now', collection_name: 'shop' });
  expect(await repository.dump(entry())).toMatchObject({
    problem: null,
    dumps: [{ outcome: 'ok', verified: 'stream' }, { outcome: 'ok' }, { outcome: 'ok', database: null }],
  });
  expect(qdrant.leftovers()).toEqual([]);

  qdrant.collections.set('shop', 'damaged');
  qdrant.aliases.length = 0;
  await repository.restore(entry(), await unitOf(entry(), 'shop', repository.world));
  await repository.restore(entry(), await unitOf(entry(), weird, repository.world), { kind: 'new', name: 'other' });
  await repository.restore(entry(), await unitOf(entry(), null, repository.world));
  expect(qdrant.collections.get('shop')).toBe(text);
  expect(qdrant.collections.get('other')).toBe('points');
  expect(qdrant.aliases).toEqual([{ alias_name: 'now', collection_name: 'shop' }]);

  const before = (await repository.snapshots()).length;
  const only = () =>
    qdrantDatabase(qdrantSchema.parse({ engine: 'qdrant', url: qdrant.url, api_key_file: key, only: ['shop'] }));
  for (const [fault, told] of [
    [{ cutAfter: 100_000 }, 'failed dump-failed'],
    [{ checksum: 'ab'.repeat(32) }, 'failed dump-unverified'],
    [{ size: 17 }, 'failed dump-unverified'],
  ] as const) {
    Object.assign(qdrant.fault, { cutAfter: null, checksum: undefined, size: undefined }, fault);
    expect(await outcomes(only())).toEqual([told, 'ok null']);
    expect(qdrant.leftovers()).toEqual([]);
  }
  // Of these three backups only the aliases.
  expect(await repository.snapshots()).toHaveLength(before + 3);
  expect(await repository.dump(entry(await secret('wrong', 'no')))).toMatchObject({
    problem: { code: 'database-refused' },
  });
  expect(qdrant.broken).toEqual([]);
});

test('Qdrant: what a killed backup left on the server is named in the book, and removed', async () => {
  await using qdrant = await withQdrantStandIn('the key');
  qdrant.collections.set('shop', large());
  const database = qdrantDatabase(
    qdrantSchema.parse({ engine: 'qdrant', url: qdrant.url, api_key_file: await secret('key', 'the key') }),
  );
  const things = thingsInMemory();
  const world = { ...repository.world, things };
  let noted = '';
  const unit = await unitOf(database, 'shop', world);
  const write = async () => {
    const [left] = things.open();
    if (left?.kind === 'undo') noted = left.what;
  };
  await database.dump(unit, { kind: 'stream', sink: { write } }, world, signal);
  expect(things.open()).toEqual([]);
  const { collection, snapshot } = JSON.parse(noted);
  qdrant.snapshots.get(collection)?.set(snapshot, Buffer.from('left behind'));
  await database.putBack?.(noted, world, signal);
  expect(qdrant.leftovers()).toEqual([]);
  await database.putBack?.(noted, world, signal);
});

test('Vault: its store comes back; sealed, cut without a word, with a wrong sum or without the right there is no snapshot', async () => {
  await using vault = await withVaultStandIn('the token');
  const token = await secret('token', 'the token');
  const entry = (file = token) =>
    vaultDatabase(vaultSchema.parse({ engine: 'vault', url: vault.url, token_file: file }));
  vault.store.text = large();
  const { text } = vault.store;
  expect(await outcomes(entry())).toEqual(['ok null']);
  vault.store.text = 'lost';
  await repository.restore(entry(), await unitOf(entry(), null, repository.world));
  expect(vault.store.text).toBe(text);

  const reset = { sealed: false, cutAfter: null, quietCut: null, wrongSum: false, policy: undefined, redirect: null };
  for (const [fault, told] of [
    [{ cutAfter: 50_000 }, 'failed dump-failed'],
    [{ quietCut: 50_000 }, 'failed dump-unverified'],
    [{ wrongSum: true }, 'failed dump-unverified'],
    [{ redirect: 'http://127.0.0.2:1/v1/sys/storage/raft/snapshot' }, 'failed database-refused'],
  ] as const) {
    Object.assign(vault.fault, reset, fault);
    expect(await outcomes(entry()), JSON.stringify(fault)).toEqual([told]);
  }
  for (const fault of [{ sealed: true }, { policy: ['deny'] }]) {
    Object.assign(vault.fault, reset, fault);
    expect(await repository.dump(entry())).toMatchObject({ problem: { code: 'database-refused' }, dumps: [] });
  }
  Object.assign(vault.fault, reset);
  expect(await repository.dump(entry(await secret('wrong', 'no')))).toMatchObject({
    problem: { code: 'database-refused' },
  });
  expect(await repository.snapshots()).toHaveLength(1);
  expect(vault.broken).toEqual([]);
});

test('Elasticsearch: a whole snapshot is copied and comes back, live and under new names; a partial one is none', async () => {
  await using elastic = await withElasticsearchStandIn('ApiKey the key');
  const path = join(repository.directory, 'repository of elastic');
  await mkdir(path);
  elastic.repositories.set('berth', { type: 'fs', settings: { location: path } });
  const key = await secret('key', 'the key');
  const entry = (file = key) =>
    elasticsearchDatabase(
      elasticsearchSchema.parse({ engine: 'elasticsearch', url: elastic.url, api_key_file: file, path, keep: 2 }),
    );
  const things = thingsInMemory();
  const world = { ...repository.world, things };
  elastic.indices.set('shop', { text: 'first', open: true }).set('.security-7', { text: 'keys', open: true });
  for (const text of ['first', 'second', 'third']) {
    elastic.indices.set('shop', { text, open: true });
    expect(await outcomes(entry(), world)).toEqual(['ok null']);
    expect(elastic.repositories.get('berth')?.settings).toEqual({ location: path });
    expect(things.open()).toEqual([]);
  }
  expect((await readdir(path)).filter((file) => file.startsWith('snap-'))).toHaveLength(2);

  elastic.indices.set('shop', { text: 'lost', open: true });
  const unit = await unitOf(entry(), null, world);
  await repository.restore(entry(), unit, { kind: 'new', name: 'again' }, world);
  expect(elastic.indices.get('again-shop')?.text).toBe('third');
  const { warnings } = await repository.restore(entry(), unit, { kind: 'live' }, world);
  expect(elastic.indices.get('shop')).toEqual({ text: 'third', open: true });
  expect(warnings.join()).toContain('1 indices of the server');
  expect([...elastic.repositories.keys()]).toEqual(['berth']);
  expect(await readdir(path)).not.toContain('.berth-restore');

  const before = (await repository.snapshots()).length;
  for (const state of ['PARTIAL', 'FAILED'] as const) {
    elastic.fault.state = state;
    const done = await repository.dump(entry(), { world });
    expect(done.dumps).toMatchObject([{ outcome: 'failed', reason: 'dump-failed' }]);
    expect(done.words.join('\n')).toContain(state);
  }
  delete elastic.fault.state;
  // A killed backup: the repository is writable again, and what it had begun is gone.
  elastic.repositories.set('berth', { type: 'fs', settings: { location: path, readonly: true } });
  const was = { type: 'fs', settings: { location: path } };
  await entry().putBack?.(JSON.stringify({ kind: 'repository', was }), world, signal);
  await entry().putBack?.(JSON.stringify({ kind: 'snapshot', name: 'berth-1' }), world, signal);
  expect(elastic.repositories.get('berth')?.settings).toEqual({ location: path });

  // Somebody writes to the repository while it is copied.
  elastic.fault.whenReadonly = () => {
    const index = JSON.stringify({ snapshots: [], indices: {} });
    setTimeout(
      () =>
        void Promise.all([
          writeFile(join(path, 'index-99'), index),
          writeFile(join(path, 'index.latest'), Buffer.alloc(8, 1)),
        ]),
      0,
    );
  };
  expect((await outcomes(entry(), world))[0]).toMatch(/^failed/);
  expect(elastic.repositories.get('berth')?.settings).toEqual({ location: path });
  expect(things.open()).toEqual([]);
  expect(await repository.snapshots()).toHaveLength(before);
  expect(await repository.dump(entry(await secret('wrong', 'no')))).toMatchObject({
    problem: { code: 'database-refused' },
  });
  expect(elastic.broken).toEqual([]);
});
