import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../packages/agent/src/databases/engine.ts';
import { influxdbDatabase, influxdbSchema } from '../packages/agent/src/databases/influxdb.ts';
import { expectEngine } from './helpers/engines/contract.ts';
import { withInfluxdb } from './helpers/engines/influxdb.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';

// The real InfluxDB 1.6 of Debian 12. What is said of version 2 is proven in databases-stand-ins.test.ts, against a stand-in only.

let influx: Awaited<ReturnType<typeof withInfluxdb>>;
let scratch = '';

beforeAll(async () => {
  influx = await withInfluxdb();
  scratch = await mkdtemp(join(tmpdir(), 'berth-influxdb-test-'));
  await writeFile(join(scratch, 'wrong'), 'not it\n', { mode: 0o600 });
  await influx.query('CREATE DATABASE shop');
  await influx.write('shop', rows(0, 2000));
}, 120_000);
afterAll(async () => {
  await influx?.[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

const rows = (from: number, to: number): readonly string[] =>
  Array.from(
    { length: to - from },
    (_, row) =>
      `temperature,room=r${(from + row) % 7} value=${from + row}i ${1_600_000_000_000_000_000 + (from + row) * 1_000_000_000}`,
  );

const entry = (more: Record<string, unknown> = {}): Database =>
  influxdbDatabase(
    influxdbSchema.parse({
      engine: 'influxdb',
      version: 1,
      url: influx.url,
      rpc: influx.rpc,
      user: 'admin',
      password_file: influx.passwordFile,
      ...more,
    }),
  );

const all = async (database: string): Promise<string> =>
  JSON.stringify(await influx.query('SELECT * FROM temperature', database));

expectEngine({
  engine: 'influxdb',
  release: '0.18',
  subject: () => ({
    database: () => entry({ only: ['shop'] }),
    // A folder has no stream to break; what a killed server does to a backup is tried below.
    cut: null,
    wrongPassword: () => entry({ password_file: join(scratch, 'wrong') }),
    unreachable: () => entry({ url: `http://127.0.0.1:${influx.nowhere}` }),
    weird: async (every) => {
      // InfluxDB takes no slash, no backslash, and nothing that does not print.
      const name = every.replace(/[\n/\\]/g, '');
      await influx.query(`CREATE DATABASE "${name.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`);
      await influx.write(name, ['temperature value=1']);
      return { database: entry({ only: [name] }), unit: name };
    },
    secrets: [influx.password],
  }),
});

test('what was there when the backup began comes back point by point, although somebody wrote meanwhile', async () => {
  await using repository = await withRepository('0.18');
  let isWriting = true;
  let written = 2000;
  const writing = (async () => {
    while (isWriting) {
      await influx.write('shop', rows(written, written + 50));
      written += 50;
    }
  })();
  const done = await repository.dump(entry({ only: ['shop'] })).finally(() => {
    isWriting = false;
  });
  await writing;
  expect(done).toMatchObject({ problem: null, dumps: [{ outcome: 'ok', database: 'shop', verified: 'stream' }] });
  const unit = await unitOf(entry(), 'shop', repository.world);
  await influx.query('DROP DATABASE shop');
  await repository.restore(entry(), unit, { kind: 'new', name: 'shop2' });
  await influx.query('CREATE DATABASE shop');
  await influx.write('shop', rows(0, 2000));
  const before = await influx.query(`SELECT * FROM temperature WHERE value < 2000`, 'shop2');
  expect(JSON.stringify(before)).toBe(await all('shop'));

  // And over the live one, which holds something else by then.
  await influx.query('DROP DATABASE shop');
  await influx.query('CREATE DATABASE shop');
  await influx.write('shop', ['temperature,room=later value=1i 1700000000000000000']);
  await repository.restore(entry(), unit);
  expect(await all('shop')).toBe(await all('shop2'));
  const databases = JSON.stringify(await influx.query('SHOW DATABASES'));
  expect(databases).not.toContain('berth-restore');
  await expect(repository.restore(entry(), unit, { kind: 'new', name: 'shop2' })).rejects.toMatchObject({
    code: 'restore-refused',
  });
}, 60_000);

test('a database that nothing was ever written to is told, and fails nothing', async () => {
  await using repository = await withRepository('0.18');
  await influx.query('CREATE DATABASE hollow');
  const { units, warnings } = await entry({ only: ['shop', 'hollow'] }).describe(
    repository.world,
    new AbortController().signal,
  );
  expect(units.map(({ database }) => database)).toEqual(['shop']);
  expect(warnings).toEqual(['hollow is empty: no dump of it.']);
});

test('a service for backups that does not answer is told at once, not after minutes of trying', async () => {
  await using repository = await withRepository('0.18');
  expect(await repository.dump(entry({ rpc: `127.0.0.1:${influx.nowhere}` }))).toMatchObject({
    problem: { code: 'database-unreachable', message: expect.stringContaining('bind-address') },
  });
});

test('a tool that ends badly, and one that leaves a file cut, make no snapshot', async () => {
  await using repository = await withRepository('0.18');
  for (const [name, after, reason] of [
    ['ends', 'exit 1', 'dump-failed'],
    ['cuts', 'for f in ./*.gz; do truncate -s -10 "$f"; done', 'dump-unverified'],
    ['loses', 'rm ./*.gz', 'dump-unverified'],
    ['forgets', 'rm ./*.manifest', 'dump-unverified'],
  ] as const) {
    const bin = join(scratch, name);
    await mkdir(bin);
    const path = process.env['PATH'] ?? '';
    const script = `#!/bin/sh\nPATH='${path}'\ninfluxd "$@" || exit\n[ "$1" = backup ] || exit 0\n${after}\n`;
    await writeFile(join(bin, 'influxd'), script);
    await chmod(join(bin, 'influxd'), 0o755);
    process.env['PATH'] = `${bin}${delimiter}${path}`;
    try {
      const done = await repository.dump(entry({ only: ['shop'] }));
      expect(done.dumps, name).toMatchObject([{ outcome: 'failed', reason, snapshot: null }]);
    } finally {
      process.env['PATH'] = path;
    }
  }
  expect(await repository.snapshots()).toEqual([]);
  expect(await readdir(join(repository.directory, 'state', 'databases'))).toEqual([]);
});

test('a server killed midway makes no snapshot', async () => {
  await influx.query('CREATE DATABASE large');
  const noise = (): string => randomBytes(3000).toString('base64');
  for (let batch = 0; batch < 20; batch += 1) {
    await influx.write(
      'large',
      Array.from({ length: 100 }, (_, row) => `noise,b=${batch} text="${noise()}" ${batch * 100 + row}`),
    );
  }
  await using repository = await withRepository('0.18');
  const database = entry({ only: ['large'] });
  const killing: Database = {
    ...database,
    dump: async (unit, to, world, signal) => {
      if (to.kind !== 'folder') throw new Error('a folder');
      const ended = database.dump(unit, to, world, signal);
      ended.catch(() => undefined);
      while ((await readdir(to.path)).length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await influx.kill();
      return await ended;
    },
  };
  const done = await repository.dump(killing);
  await influx.restart();
  expect(done.dumps).toMatchObject([{ outcome: 'failed', reason: 'dump-failed', snapshot: null }]);
  expect(await repository.snapshots()).toEqual([]);
}, 60_000);
