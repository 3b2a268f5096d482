import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { databaseEntry, openDatabase } from '../packages/agent/src/databases/entries.ts';
import { fetchDebian } from '../scripts/fetch-debian.ts';
import { freePort } from '../scripts/free-port.ts';
import { buildQuietImage } from './docker/quiet.ts';
import { watchArguments } from './helpers/engines/cmdlines.ts';
import { addContained } from './helpers/engines/contained.ts';
import { labelledDatabase, markOf, secret, withContainers } from './helpers/engines/contained-run.ts';
import { etcdPrograms } from './helpers/engines/etcd.ts';
import { makeAdmin } from './helpers/engines/influxdb.ts';
import { prepareMariadb } from './helpers/engines/mariadb.ts';
import { redisPrograms } from './helpers/engines/redis.ts';
import { noPodman, type Podman, startPodman } from './helpers/podman.ts';

// Real engines, each in a container of its own, as berth finds them: by their labels or by `at: { container }`.

const reason = await noPodman(['slirp4netns']);
const title = (words: string): string => (reason === null ? words : `${words} (${reason})`);

let engine: Podman;
beforeAll(async () => {
  if (reason !== null) return console.warn(`No engine is tried in a container: ${reason}.`);
  engine = await startPodman();
  await buildQuietImage(engine.words);
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  if (reason !== null) return;
  await engine.containers[Symbol.asyncDispose]();
  await engine.dispose();
}, 60_000);

const real = test.skipIf(reason !== null);

real(
  title('MariaDB is found by its label, let in by its container’s own variable, and comes back row by row'),
  async () => {
    const { root, template } = await prepareMariadb();
    const password = secret('mariadb');
    const sockets = join(engine.folder, 'sockets');
    await mkdir(sockets);
    await chmod(sockets, 0o777);
    await using watched = watchArguments([markOf(password)]);
    await using db = await addContained(engine, {
      name: 'shop-db',
      root,
      env: { MARIADB_ROOT_PASSWORD: password },
      labels: [
        ...['berth.database=mariadb', 'berth.database.user=root'],
        'berth.database.password-env=MARIADB_ROOT_PASSWORD',
      ],
      volumes: [`${sockets}:/run/mysqld`],
      fill: (data) => cp(template, data, { recursive: true }),
      script: `exec mariadbd --no-defaults --basedir=${root}/usr --datadir=/data --skip-networking \
      --innodb-buffer-pool-size=32M --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0 \
      --lc-messages-dir=${root}/usr/share/mysql --character-sets-dir=${root}/usr/share/mysql/charsets`,
      isUp: ['mariadb', '--no-defaults', '--user=root', '--execute=select 1'],
    });
    const sql = (statements: string, database = 'mysql') =>
      db.inside(['mariadb', '--no-defaults', '-BN', '--user=root', database], statements, { MYSQL_PWD: password });
    const quoted = password.replace(/['\\]/g, '\\$&');
    await db.inside(
      ['mariadb', '--no-defaults', '--user=root', 'mysql'],
      `delete from global_priv where host <> 'localhost'; delete from proxies_priv where host <> 'localhost'; flush privileges;
     alter user root@localhost identified by '${quoted}';`,
    );
    await sql(
      `create database shop character set utf8mb4; create user clerk@localhost; grant select on shop.* to clerk@localhost;`,
    );
    await sql('create table orders as select seq n, md5(seq) word, unhex(md5(seq)) raw from seq_1_to_5000', 'shop');
    const rows = 'select count(*), md5(group_concat(word, hex(raw) order by n)) from orders';
    const all = (database: string) => sql(`set group_concat_max_len = 1000000000; ${rows}`, database);
    const before = await all('shop');

    await using run = await withContainers(engine);
    const database = await labelledDatabase(engine, 'shop-db');
    const dumps = await run.dump(database);
    expect(dumps.map((dump) => dump.database)).toEqual([null, 'shop']);

    await sql('drop database shop; drop user clerk@localhost;');
    await run.restore(database, 'shop', { new: 'again' });
    await run.restore(database, null);
    expect(run.sent.join()).toContain('MARIADB_ROOT_PASSWORD');
    expect(run.sent.join()).not.toContain(markOf(password));
    expect(await sql('show grants for clerk@localhost')).toContain('`shop`');
    expect(await all('again')).toBe(before);
    await run.restore(database, 'shop');
    expect(await all('shop')).toBe(before);
    expect([...watched.found]).toEqual([]);
    await run.expectTidy();
  },
);

real(
  title('Redis is found by its label, and its live data come back: its container is stopped, filled and started'),
  async () => {
    const root = await redisPrograms();
    const password = secret('redis');
    const file = join(engine.folder, 'redis-secret');
    await writeFile(file, `${password}\n`, { mode: 0o444 });
    await using watched = watchArguments([markOf(password)]);
    const escaped = password.replace(/["\\]/g, '\\$&');
    await using cache = await addContained(engine, {
      name: 'shop-cache',
      root,
      env: { REDIS_PASSWORD_FILE: '/run/secret' },
      labels: ['berth.database=redis', 'berth.database.password-env=REDIS_PASSWORD_FILE'],
      volumes: [`${file}:/run/secret:ro`],
      fill: (data) => writeFile(join(data, 'redis.conf'), `requirepass "${escaped}"\n`, { mode: 0o600 }),
      script: `exec redis-server /data/redis.conf --dir /data --save '' --bind 127.0.0.1 --enable-debug-command yes`,
      isUp: ['sh', '-c', 'REDISCLI_AUTH=$(cat "$REDIS_PASSWORD_FILE") redis-cli ping | grep PONG'],
    });
    const ask = async (...words: readonly string[]) =>
      (await cache.inside(['redis-cli', ...words], '', { REDISCLI_AUTH: password })).trim();
    await ask('DEBUG', 'POPULATE', '500', 'key', '10000');
    await ask('SET', 'word', 'of the dump');
    const before = await ask('DEBUG', 'DIGEST');

    await using run = await withContainers(engine);
    const database = await labelledDatabase(engine, 'shop-cache');
    expect(await run.dump(database)).toMatchObject([{ verified: 'tool' }]);
    await ask('FLUSHALL');
    await ask('SET', 'not', 'of the dump');
    const startedAt = async () => (await engine.containers.find({ name: 'shop-cache' })).startedAt;
    const first = await startedAt();
    await run.restore(database, null);
    await cache.untilUp();
    expect(await startedAt()).not.toBe(first);
    expect(await ask('DEBUG', 'DIGEST')).toBe(before);
    expect(run.sent.join()).toContain('REDIS_PASSWORD_FILE');
    expect(run.sent.join()).not.toContain(markOf(password));

    // And with the password in a file of this machine, and by the file that the server saves.
    const passwordFile = join(run.directory, 'redis-password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const written = { engine: 'redis', at: { container: 'shop-cache' }, by: 'bgsave', password_file: passwordFile };
    expect(await run.dump(openDatabase(databaseEntry.parse(written)))).toMatchObject([{ verified: 'tool' }]);
    expect([...watched.found]).toEqual([]);
    await run.expectTidy();
  },
);

real(
  title('InfluxDB 1 fills its folder in its container, which comes here, goes back, and leaves nothing in there'),
  async () => {
    const root = await fetchDebian('influxdb-bookworm', 'bookworm', ['influxdb']);
    const password = secret('influxdb');
    const port = await freePort();
    await using watched = watchArguments([markOf(password)]);
    await using sensors = await addContained(engine, {
      name: 'sensors',
      root,
      publish: `${port}:8086`,
      fill: (data) =>
        writeFile(
          join(data, 'influxdb.conf'),
          `reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
dir = "/data/meta"
[data]
dir = "/data/data"
wal-dir = "/data/wal"
query-log-enabled = false
[http]
auth-enabled = true
log-enabled = false
[monitor]
store-enabled = false
`,
        ),
      script: 'exec influxd -config /data/influxdb.conf',
      isUp: ['true'],
    });
    const url = `http://127.0.0.1:${port}`;
    const ping = () =>
      fetch(`${url}/ping`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(ping, { timeout: 60_000, interval: 200 }).toBe(204);
    const ask = async (path: string, about: Record<string, string>, body: string | null = null): Promise<string> => {
      const login = { u: 'admin', p: password };
      const response = await fetch(`${url}${path}?${new URLSearchParams({ ...login, ...about })}`, {
        method: 'POST',
        body,
      });
      const text = await response.text();
      if (!response.ok || text.includes('"error"')) throw new Error(`InfluxDB: ${response.status} ${text}`);
      return text;
    };
    await makeAdmin(url, password);
    // Programs that are mounted from below /tmp stand there too.
    const atFirst = await sensors.inside(['ls', '/tmp']);
    await ask('/query', { q: 'CREATE DATABASE house' });
    const points = Array.from(
      { length: 5000 },
      (_, row) => `warmth,room=r${row % 7} value=${row}i ${1.6e18 + row * 1e9}`,
    );
    await ask('/write', { db: 'house' }, points.join('\n'));
    const all = (db: string) => ask('/query', { q: 'SELECT * FROM warmth', db, epoch: 'ns' });
    const before = await all('house');

    await using run = await withContainers(engine);
    const passwordFile = join(run.directory, 'influx-password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const written = { engine: 'influxdb', version: 1, user: 'admin', password_file: passwordFile };
    const database = openDatabase(databaseEntry.parse({ ...written, at: { container: 'sensors' } }));
    expect(await run.dump(database)).toMatchObject([{ database: 'house', verified: 'stream' }]);
    await ask('/query', { q: 'DROP MEASUREMENT warmth', db: 'house' });
    await ask('/write', { db: 'house' }, 'warmth value=1i 1700000000000000000');
    await run.restore(database, 'house', { new: 'beside' });
    expect(await all('beside')).toBe(before);
    await run.restore(database, 'house');
    expect(await all('house')).toBe(before);
    expect(await sensors.inside(['ls', '/tmp'])).toBe(atFirst);
    expect([...watched.found]).toEqual([]);
    await run.expectTidy();
  },
);

real(
  title(
    'etcd is asked at its published port, and a snapshot takes the place of its data while its container is stopped',
  ),
  async () => {
    const bin = await etcdPrograms();
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    const password = secret('etcd');
    const port = await freePort();
    await using watched = watchArguments([markOf(password)]);
    const peer = 'http://127.0.0.1:2380';
    const client = `http://127.0.0.1:${port}`;
    await using settings = await addContained(engine, {
      name: 'settings',
      root: join(bin, '../..'),
      publish: `${port}:2379`,
      script: `exec etcd --name=shop --data-dir=/data --log-level=warn --unsafe-no-fsync --advertise-client-urls=${client} \
      --listen-client-urls=http://0.0.0.0:2379 --listen-peer-urls=${peer} --initial-advertise-peer-urls=${peer} \
      --initial-cluster=shop=${peer}`,
      // Once users are on, that it wants one is an answer too.
      isUp: ['sh', '-c', 'etcdctl endpoint health 2>&1 | grep -E "is healthy|user name is empty"'],
    });
    let authorization = '';
    const post = async (path: string, json: unknown): Promise<string> => {
      const answer = await fetch(`${client}/v3/${path}`, {
        ...{ method: 'POST', body: JSON.stringify(json) },
        headers: authorization === '' ? {} : { authorization },
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${text}`);
      return text;
    };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const login = async (): Promise<void> => {
      authorization = '';
      authorization = z
        .object({ token: z.string() })
        .parse(JSON.parse(await post('auth/authenticate', { name: 'root', password }))).token;
    };
    const pairs = z.object({ kvs: z.array(z.object({ key: z.string(), value: z.string() })).default([]) });
    const all = async () => {
      await login();
      return pairs.parse(JSON.parse(await post('kv/range', { key: base64('\0'), range_end: base64('\0') }))).kvs;
    };
    for (let key = 0; key < 20; key += 1)
      await post('kv/put', { key: base64(`key ${key}`), value: base64(`value ${key}`) });
    await post('auth/user/add', { name: 'root', password });
    await post('auth/user/grant', { user: 'root', role: 'root' });
    await post('auth/enable', {});
    const before = await all();
    expect(before).toHaveLength(20);

    await using run = await withContainers(engine);
    const passwordFile = join(run.directory, 'etcd-password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const written = { engine: 'etcd', user: 'root', password_file: passwordFile, data: settings.data };
    const database = openDatabase(databaseEntry.parse({ ...written, at: { container: 'settings' } }));
    expect(await run.dump(database)).toMatchObject([{ verified: 'stream' }]);
    await post('kv/deleterange', { key: base64('key 1'), range_end: base64('key 5') });
    await post('kv/put', { key: base64('not'), value: base64('of the dump') });
    await run.restore(database, null);
    await settings.untilUp();
    expect(await all()).toEqual(before);
    expect([...watched.found]).toEqual([]);
    await run.expectTidy();
  },
);
