import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { parseConfig } from '../config/load.ts';
import type { Container } from '../containers/containers.ts';
import { known } from './known.ts';
import { findUncovered } from './uncovered.ts';

const id = 'ab'.repeat(32);

/** A /proc of these processes; each port that is named is listened at. */
const withProc = async (
  all: readonly {
    readonly name: string;
    readonly args?: string;
    readonly port?: number;
    readonly container?: string;
    readonly opens?: string;
  }[],
  sockets: readonly string[] = [],
) => {
  const folder = await mkdtemp(join(tmpdir(), 'proc-'));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [index, { name, args = name, port, container, opens }] of all.entries()) {
    const pid = 100 + index;
    await write(`${pid}/comm`, `${name}\n`);
    await write(`${pid}/cmdline`, args.split(' ').join('\0'));
    await write(
      `${pid}/cgroup`,
      container === undefined ? '0::/system.slice/x.service\n' : `0::/system.slice/docker-${container}.scope\n`,
    );
    await mkdir(join(folder, `${pid}/fd`));
    if (port !== undefined) await symlink(`socket:[${9000 + index}]`, join(folder, `${pid}/fd/3`));
    if (opens !== undefined) await symlink(opens, join(folder, `${pid}/fd/4`));
  }
  const rows = all.flatMap(({ port }, index) =>
    port === undefined
      ? []
      : [
          `   ${index}: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 ${9000 + index} 1 0 100 0 0 10 0`,
        ],
  );
  await write(
    'net/tcp',
    ['  sl  local_address rem_address   st', ...rows, '9: 0100007F:1538 0100007F:9999 01 x x x 0 0 1 1', 'torn'].join(
      '\n',
    ),
  );
  await write(
    'net/unix',
    ['Num', ...sockets.map((path) => `0000000000000000: 00000002 00000000 00010000 0001 01 26155 ${path}`)].join('\n'),
  );
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};

const container = (more: Partial<Container>): Container => ({
  ...{
    id,
    name: 'shop-db-1',
    image: 'postgres:16',
    state: 'running',
    startedAt: '2026-11-14T00:00:00Z',
    labels: {},
    health: null,
  },
  ...{ health: null, exitCode: 0, stopSeconds: 10, joins: [] },
  ...{ compose: null, mounts: [], addresses: [], published: [], ...more },
});

const look = (proc: string, more: Partial<Parameters<typeof findUncovered>[0]> = {}) =>
  findUncovered({ proc, paths: [], own: [], entries: [], containers: [], labels: true, isRoot: true, ...more });

const proposals = async (...args: Parameters<typeof look>) => (await look(...args)).map(({ proposal }) => proposal);

test('what runs is known by its processes, its port and its socket', async () => {
  await using proc = await withProc(
    [
      { name: 'postgres', port: 5432 },
      { name: 'postgres' },
      { name: 'postgres', port: 5433 },
      { name: 'mariadbd', port: 3306 },
      { name: 'redis-server', port: 6380 },
      { name: 'beam.smp', args: 'beam.smp -s rabbit boot', port: 5672 },
      { name: 'java', args: 'java -cp x org.elasticsearch.bootstrap.Elasticsearch', port: 9200 },
      { name: 'java', args: 'java -jar game.jar', port: 25_565 },
      { name: 'vault', args: 'vault kv get secret' },
      { name: 'sshd', port: 22 },
    ],
    ['/run/postgresql/.s.PGSQL.5432', '/run/mysqld/mysqld.sock'],
  );
  const found = await proposals(proc.folder);
  expect(found).toEqual([
    '- { engine: postgres, as: postgres }',
    '- { engine: postgres, name: postgres-2, at: { host: 127.0.0.1, port: 5433 }, user: backup, password_file: /etc/berth/postgres.pass }',
    '- { engine: mariadb, option_file: /etc/berth/my.cnf }',
    '- { engine: redis, at: { host: 127.0.0.1, port: 6380 } }',
    '- { engine: rabbitmq, as: rabbitmq }',
    '- { engine: elasticsearch, path: /srv/elasticsearch/snapshots }',
  ]);
});

test('what an entry means is covered, whatever it is called there', async () => {
  await using proc = await withProc([
    { name: 'mysqld', port: 3306 },
    { name: 'valkey-server', port: 6379 },
    { name: 'postgres', port: 5433 },
  ]);
  const entries = [
    { engine: 'mariadb', name: 'a', at: { kind: 'host' } },
    { engine: 'redis', name: 'b', at: { kind: 'tcp', host: 'localhost', port: null } },
    { engine: 'postgres', name: 'c', at: { kind: 'tcp', host: '127.0.0.1', port: 5433 } },
  ] as const;
  expect(await look(proc.folder, { entries })).toEqual([]);
  expect(await proposals(proc.folder, { entries: entries.slice(0, 2) })).toHaveLength(1);
});

test('a socket covers the server that listens at it, and no other one in its folder', async () => {
  const socketOf = (port: number): string => `/run/postgresql/.s.PGSQL.${port}`;
  const all = [5432, 5433].map((port) => ({ name: 'postgres', port }));
  await using proc = await withProc(all, [socketOf(5432), socketOf(5433)]);
  const uncovered = async (path: string) => {
    const entries = [{ engine: 'postgres', name: 'a', at: { kind: 'socket', path } }] as const;
    return (await look(proc.folder, { entries })).map(({ where }) => /\d+/.exec(where)?.[0]);
  };
  expect(await uncovered('/run/postgresql')).toEqual(['5433']);
  expect(await uncovered('/var/run/postgresql/')).toEqual(['5433']);
  expect(await uncovered(socketOf(5433))).toEqual(['5432']);
  expect(await uncovered('/run/post')).toEqual(['5432', '5433']);
});

test('a database in a container is the container’s, by its image or by what runs in it, and a label covers it', async () => {
  await using proc = await withProc([
    { name: 'postgres', container: id, port: 5432 },
    { name: 'redis-server', container: 'cd'.repeat(32) },
  ]);
  const compose = { project: 'shop', service: 'db', number: '1', oneOff: false, dependsOn: [] };
  const published = [{ inside: 5432, host: '127.0.0.1', port: 5432 }];
  const own = container({ image: 'registry.lan/shop/own:1', compose, published });
  const stopped = container({ id: 'ef'.repeat(32), name: 'old', image: 'mariadb:11', state: 'exited' });
  expect(await proposals(proc.folder, { containers: [own, stopped] })).toEqual([
    '- { engine: postgres, name: shop-db, at: { compose: shop/db } }',
    '- { engine: redis, name: cdcdcdcdcdcd, at: { container: cdcdcdcdcdcd } }',
  ]);
  const labelled = container({ ...own, labels: { 'berth.database': 'postgres' } });
  expect(await look(proc.folder, { containers: [labelled] })).toHaveLength(1);
  expect(await look(proc.folder, { containers: [labelled], labels: false })).toHaveLength(2);
  const entry = {
    engine: 'postgres',
    name: 'x',
    at: { kind: 'container', container: { project: 'shop', service: 'db' } },
  } as const;
  expect(await look(proc.folder, { containers: [own], entries: [entry] })).toHaveLength(1);
});

test('a port alone is a guess, and a common one is none', async () => {
  await using proc = await withProc([
    { name: 'x', port: 27_017 },
    { name: 'y', port: 9000 },
  ]);
  expect(await look(proc.folder)).toMatchObject([{ engine: 'mongodb', isGuess: true }]);
});

test('a SQLite file below the paths that somebody has open is one; other files, other places and berth’s own are not', async () => {
  await using files = await withProc([]);
  const [vault, cache, text] = ['vault/db.sqlite3', 'own/cache.db', 'notes.db'].map((path) => join(files.folder, path));
  for (const path of [vault, cache] as const) {
    await mkdir(dirname(path ?? ''), { recursive: true });
    using database = new DatabaseSync(path ?? '');
    database.exec('create table t (x)');
  }
  await writeFile(text ?? '', 'notes of a meeting');
  await using proc = await withProc([
    { name: 'vaultwarden', opens: vault ?? '' },
    { name: 'berth', opens: cache ?? '' },
    { name: 'vi', opens: text ?? '' },
    { name: 'gone', opens: join(files.folder, 'gone.db') },
  ]);
  const where = { paths: [files.folder], own: [join(files.folder, 'own')] };
  expect(await proposals(proc.folder, where)).toEqual([`- { engine: sqlite, name: vault, file: ${vault} }`]);
  expect(await look(proc.folder, { ...where, paths: ['/etc'] })).toEqual([]);
  const covered = { engine: 'sqlite', name: 'v', file: vault ?? '' } as const;
  expect(await look(proc.folder, { ...where, entries: [covered] })).toEqual([]);
});

test('without /proc, or with one that may not be read, there is nothing to say', async () => {
  expect(await look('/nonexistent', { paths: ['/nonexistent'] })).toEqual([]);
});

test('each proposal is an entry that agent.yaml takes', async () => {
  const images = known.flatMap(({ engine }) =>
    ['library/', 'registry.lan:5000/x/'].map(
      (where) => `${where}${engine === 'mongodb' ? 'mongo' : engine}:1.2@sha256:00`,
    ),
  );
  const containers = images.map((image, index) =>
    container({ id: `${index}`.padStart(64, 'a'), name: `c_${index}`, image }),
  );
  await using proc = await withProc(
    known.flatMap(({ engine, processes: [name], port }) =>
      name === undefined ? [] : [{ name, args: `${name} server`, port: port + (engine === 'valkey' ? 9 : 0) }],
    ),
  );
  const found = [
    ...(await proposals(proc.folder, { containers })),
    ...(await proposals(proc.folder, { isRoot: false })),
  ];
  expect(found.length).toBeGreaterThan(40);
  for (const entry of found) {
    const config = parseConfig('agent.yaml', `server: a@b\nname: laptop\npaths: [/etc]\ndatabases:\n  ${entry}\n`);
    expect(config.ok ? null : config.findings, entry).toBeNull();
  }
});

test('names from outside stay words of YAML', async () => {
  await using proc = await withProc([]);
  const odd = container({ name: 'a", evil: true', compose: null });
  const [proposal = ''] = await proposals(proc.folder, { containers: [odd] });
  const config = parseConfig('agent.yaml', `server: a@b\nname: laptop\npaths: [/etc]\ndatabases:\n  ${proposal}\n`);
  expect(config).toMatchObject({
    ok: true,
    config: { databases: [{ at: { container: { name: 'a", evil: true' } } }] },
  });
});
