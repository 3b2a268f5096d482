import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../packages/agent/src/databases/engine.ts';
import { influxdbDatabase, influxdbSchema } from '../packages/agent/src/databases/influxdb.ts';
import { minioDatabase, minioSchema } from '../packages/agent/src/databases/minio.ts';
import { mongodbDatabase, mongodbSchema } from '../packages/agent/src/databases/mongodb.ts';
import { neo4jDatabase, neo4jSchema } from '../packages/agent/src/databases/neo4j.ts';
import { fetchDebian } from '../scripts/fetch-debian.ts';
import { type Repository, unitOf, withRepository } from './helpers/engines/repository.ts';
import { withInfluxdb2StandIn } from './helpers/stand-ins/influxdb2.ts';
import { withMongodbStandIn } from './helpers/stand-ins/mongodb.ts';
import { neo4jQuiesce, withNeo4jStandIn } from './helpers/stand-ins/neo4j.ts';
import { large, outcomesOf, secretIn } from './helpers/stand-ins/outcomes.ts';
import { withS3StandIn } from './helpers/stand-ins/s3.ts';

// None of these engines can be had here. What passes is what the documentation says of them, not the engines themselves; only `mc` is MinIO’s own.

let repository: Repository;
beforeEach(async () => {
  repository = await withRepository('0.14');
});
afterEach(() => repository[Symbol.asyncDispose]());

const secret = (name: string, text: string): Promise<string> => secretIn(repository, name, text);
const outcomes = (database: Database, world = repository.world) => outcomesOf(repository, database, world);

test('MinIO, by its real client: objects come back, and a cut object is no snapshot', async () => {
  const mc = join(await fetchDebian('minio-client-trixie', 'trixie', ['minio-client']), 'usr/bin/minio-client');
  await using s3 = await withS3StandIn('backup');
  const key = await secret('key', `s3'cr"et/+`);
  const entry = (access = 'backup') =>
    minioDatabase(minioSchema.parse({ engine: 'minio', url: s3.url, access_key: access, secret_key_file: key, mc }));
  const photos = new Map([
    ['2026/a "b" & c.jpg', randomBytes(200_000)],
    ['2026/ü.txt', Buffer.from('umlaut')],
    ['empty', Buffer.alloc(0)],
  ]);
  s3.buckets.set('photos', new Map(photos)).set('hollow', new Map());
  expect(await outcomes(entry())).toEqual(['ok null', 'ok null']);
  s3.buckets.set('photos', new Map());
  const unit = await unitOf(entry(), 'photos', repository.world);
  await repository.restore(entry(), unit);
  await repository.restore(entry(), unit, { kind: 'new', name: 'photos2' });
  for (const bucket of ['photos', 'photos2']) expect(s3.buckets.get(bucket)).toEqual(photos);
  const before = (await repository.snapshots()).length;
  s3.fault.cutAfter = 3;
  const only = minioDatabase(
    minioSchema.parse({
      engine: 'minio',
      url: s3.url,
      access_key: 'backup',
      secret_key_file: key,
      mc,
      only: ['photos'],
    }),
  );
  expect((await outcomes(only))[0]).toMatch(/^failed/);
  expect(await repository.dump(entry('nobody'))).toMatchObject({ problem: { code: 'database-refused' } });
  expect(await repository.snapshots()).toHaveLength(before);
  expect(s3.broken).toEqual([]);
}, 60_000);

test('InfluxDB 2: all of it comes back, and a cut file is no snapshot', async () => {
  await using influx = await withInfluxdb2StandIn(repository.directory, 'the token');
  const token = await secret('token', 'the token');
  const entry = (file = token) =>
    influxdbDatabase(influxdbSchema.parse({ engine: 'influxdb', version: 2, url: influx.url, token_file: file }));
  const text = large();
  await writeFile(influx.store, text);
  expect(await outcomes(entry())).toEqual(['ok null']);
  await writeFile(influx.store, 'lost');
  await repository.restore(entry(), await unitOf(entry(), null, repository.world));
  expect(await readFile(influx.store, 'utf8')).toBe(text);
  await writeFile(influx.cut, '');
  expect(await outcomes(entry())).toEqual(['failed dump-unverified']);
  expect(await repository.dump(entry(await secret('wrong', 'no')))).toMatchObject({
    problem: { code: 'database-refused' },
  });
  expect(await repository.snapshots()).toHaveLength(1);
});

test('MongoDB: documents come back, under another name too; a cut archive, with whatever code, is no snapshot', async () => {
  const mongo = await withMongodbStandIn(repository.directory, `mongo's "secret" %41`);
  await using _ = mongo;
  const password = await secret('mongo-password', `mongo's "secret" %41`);
  const entry = (more: object = {}, file = password) =>
    mongodbDatabase(
      mongodbSchema.parse({
        engine: 'mongodb',
        user: 'backup',
        password_file: file,
        at: { host: '127.0.0.1', port },
        ...more,
      }),
    );
  const { createServer } = await import('node:net');
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const orders = Array.from({ length: 3000 }, (_row, row) => `order ${row}`).join('\n');
    await mongo.put('shop', 'orders', orders);
    await mongo.put('crm', 'people', 'a\nb');
    expect(await outcomes(entry())).toEqual(['ok null']);
    expect(await outcomes(entry({ only: ['shop'] }))).toEqual(['ok null']);
    await mongo.put('shop', 'orders', 'lost');
    await mongo.put('crm', 'people', 'lost');
    await repository.restore(entry(), await unitOf(entry(), null, repository.world));
    expect([mongo.get('shop', 'orders'), mongo.get('crm', 'people')]).toEqual([orders, 'a\nb']);
    const shop = await unitOf(entry({ only: ['shop'] }), 'shop', repository.world);
    await repository.restore(entry(), shop, { kind: 'new', name: 'shop*2' });
    expect(mongo.get('shop*2', 'orders')).toBe(orders);

    for (const [after, code, told] of [
      [20_000, 1, 'failed dump-failed'],
      [20_000, 0, 'failed dump-unverified'],
    ] as const) {
      await mongo.fault(after, code);
      expect(await outcomes(entry())).toEqual([told]);
    }
    await mongo.fault(null, 0);
    expect(await outcomes(entry({}, await secret('wrong', 'no')))).toEqual(['failed database-refused']);
    expect(await repository.snapshots()).toHaveLength(2);
  } finally {
    listener.close();
  }
  expect(await repository.dump(entry())).toMatchObject({ problem: { code: 'database-unreachable' } });
});

test('Neo4j: stopped only while it is dumped, running again whatever happens, and back from its dumps', async () => {
  const neo4j = await withNeo4jStandIn(repository.directory);
  await using _ = neo4j;
  const quiesce = neo4jQuiesce(
    () => rm(neo4j.running),
    () => writeFile(neo4j.running, ''),
  );
  const world = { ...repository.world, quiesce };
  const database = neo4jDatabase(neo4jSchema.parse({ engine: 'neo4j', as: null }));
  const graph = large();
  await writeFile(join(neo4j.data, 'neo4j'), graph);
  await writeFile(join(neo4j.data, 'system'), 'users');
  expect(await outcomes(database, world)).toEqual(['ok null']);
  expect(quiesce.stopped).toMatchObject([{ kind: 'unit', unit: 'neo4j.service' }]);
  await writeFile(join(neo4j.data, 'neo4j'), 'lost');
  await repository.restore(database, await unitOf(database, null, world), { kind: 'live' }, world);
  expect(await readFile(join(neo4j.data, 'neo4j'), 'utf8')).toBe(graph);

  await writeFile(neo4j.cut, '');
  expect(await outcomes(database, world)).toEqual(['failed dump-unverified']);
  await rm(join(neo4j.data, 'system'));
  expect(await outcomes(database, world)).toEqual(['failed dump-failed']);
  expect(await readdir(repository.directory)).toContain('neo4j-runs');
  expect(await repository.snapshots()).toHaveLength(1);
});
