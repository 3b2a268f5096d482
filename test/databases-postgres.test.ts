import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresDatabase, postgresSchema } from '../packages/agent/src/databases/postgres.ts';
import { expectEngine, weirdName } from './helpers/engines/contract.ts';
import { midway } from './helpers/engines/midway.ts';
import { type Postgres, withPostgres } from './helpers/engines/postgres.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';
import { withSmallFolder } from './helpers/engines/small-folder.ts';
import { resticBinaries } from './helpers/restic.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await withPostgres();
  await postgres.sql('create role clerk login password null; create role "Ann ""the"" boss" nologin;');
  for (const name of ['shop', 'large']) await postgres.sql(`create database ${name} owner clerk;`);
  await postgres.sql(fill(2000), 'shop');
  await postgres.sql(fill(40_000), 'large');
});
afterAll(() => postgres[Symbol.asyncDispose]());

/** Rows with what is hard to carry: quotes, newlines, nulls, bytes, and one large object. */
const fill = (rows: number): string => `
  create table items (id int primary key, label text, bytes bytea, price numeric(12,4), at timestamptz);
  insert into items select n, case n % 7 when 0 then null else 'it''s "' || n || E'"\\n\\t\\\\ ü' end,
    decode(md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text), 'hex'), n / 7.0, 'epoch'::timestamptz + n * interval '1 hour'
    from generate_series(1, ${rows}) as n;
  create view labels as select label from items; create sequence numbers; select nextval('numbers');
  create function twice(int) returns int language sql as 'select 2 * $1';
  select lo_from_bytea(0, 'a large object');
  grant select on items to clerk;`;

/** Every row, and what else is in a database. */
const contents = async (database: string): Promise<string> =>
  postgres.sql(
    `select * from items order by id; select count(*) from labels; select last_value from numbers; select twice(21);
     select convert_from(lo_get(oid), 'UTF8') from pg_largeobject_metadata; select relacl from pg_class where relname = 'items';`,
    database,
  );

const entry = (more: Readonly<Record<string, unknown>> = {}) =>
  postgresSchema.parse({
    engine: 'postgres',
    at: { host: '127.0.0.1', port: postgres.port },
    user: 'postgres',
    password_file: postgres.passwordFile,
    tools: postgres.bin,
    ...more,
  });
const database = (more: Readonly<Record<string, unknown>> = {}) => postgresDatabase(entry(more));

for (const { release } of await resticBinaries()) {
  expectEngine({
    engine: 'postgres',
    release,
    streamOnly: release === '0.14',
    subject: () => ({
      database: () => database({ only: ['shop'] }),
      cut: {
        database: () => database({ only: ['shop', 'large'] }),
        unit: 'large',
        act: async () =>
          void (await postgres.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'large'")),
      },
      wrongPassword: () => database({ user: 'clerk' }),
      unreachable: () => database({ at: { host: '127.0.0.1', port: 9 } }),
      weird: async (name) => {
        const there = await postgres.sql('select datname from pg_database');
        if (!there.includes('touch')) await postgres.sql(`create database ${postgres.identifier(name)}`);
        return { database: database({ only: [name] }), unit: name };
      },
      secrets: [postgres.password],
    }),
  });
}

describe('PostgreSQL comes back', () => {
  test('copied while it is written to, destroyed, restored: row by row as it was, with its owner and roles', async () => {
    await using repository = await withRepository('0.18');
    const before = await contents('shop');
    let isOver = false;
    const writing = (async () => {
      for (let n = 1; !isOver; n += 1) {
        await postgres.sql(`create table if not exists noise (n int); insert into noise values (${n})`, 'shop');
      }
    })();
    const done = await repository.dump(database({ only: ['shop'] }));
    isOver = true;
    await writing;
    expect(done.dumps.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(done.dumps.map(({ verified }) => verified)).toEqual(['stream', 'tool']);
    const shop = await unitOf(database(), 'shop', repository.world);
    const globals = await unitOf(database(), null, repository.world);
    await postgres.sql('drop database shop');
    await postgres.sql('drop database large');
    await postgres.sql('drop role clerk; drop role "Ann ""the"" boss"');
    await repository.restore(database(), globals);
    await repository.restore(database(), shop);
    await postgres.sql('create database large owner clerk');
    await postgres.sql(fill(40_000), 'large');
    expect(await contents('shop')).toBe(before);
    expect(await postgres.sql("select pg_get_userbyid(datdba) from pg_database where datname = 'shop'")).toBe('clerk');
    expect(await postgres.sql('select rolname, rolcanlogin from pg_roles')).toContain('Ann "the" boss|f');
    // One moment of the other writer: a prefix of what it wrote, without holes.
    const noise = Number(
      await postgres.sql('select count(*) - coalesce(max(n), 0) from noise', 'shop').catch(() => '0'),
    );
    expect(noise).toBe(0);
  });

  test('over what is live: what was changed since is gone, all at once or not at all; and beside it under another name', async () => {
    await using repository = await withRepository();
    const before = await contents('shop');
    await repository.dump(database({ only: ['shop'], globals: false }));
    const unit = await unitOf(database(), 'shop', repository.world);
    const changed = "delete from items where id % 2 = 0; update items set label = 'spoilt'";
    await postgres.sql(changed, 'shop');
    const into = { kind: 'new', name: weirdName.replace('touch', 'copy') } as const;
    await repository.restore(database(), unit, into);
    expect(await contents(into.name)).toBe(before);
    expect(await contents('shop')).not.toBe(before);
    await expect(repository.restore(database(), unit, into)).rejects.toMatchObject({ code: 'restore-refused' });
    // What a table needs is in the way of its being replaced: nothing of the dump may then be in.
    await postgres.sql('create view mine as select id from items', 'shop');
    await expect(repository.restore(database(), unit)).rejects.toMatchObject({ code: 'restore-failed' });
    expect(await postgres.sql("select count(*) from items where label = 'spoilt'", 'shop')).toBe('1000');
    await postgres.sql('drop view mine', 'shop');
    await repository.restore(database(), unit);
    expect(await contents('shop')).toBe(before);
  });

  test('a weird name comes back under its own', async () => {
    await using repository = await withRepository();
    const name = weirdName.replace('touch', 'back');
    await postgres.sql(`create database ${postgres.identifier(name)}`);
    await postgres.sql(fill(10), name);
    const before = await contents(name);
    await repository.dump(database({ only: [name], globals: false }));
    const unit = await unitOf(database(), name, repository.world);
    await postgres.sql(`drop database ${postgres.identifier(name)}`);
    await repository.restore(database(), unit);
    expect(await contents(name)).toBe(before);
  });

  test('what is cut on its way back is seen before anything live is touched', async () => {
    await using repository = await withRepository();
    await repository.dump(database({ only: ['shop'], globals: false }));
    const unit = await unitOf(database(), 'shop', repository.world);
    const before = await contents('shop');
    const { restic } = repository;
    const cut: typeof restic.readStream = async function* (...args) {
      for await (const chunk of restic.readStream(...args)) {
        yield chunk.subarray(0, Math.ceil(chunk.length / 2));
        return;
      }
    };
    await expect(
      repository.restore(database(), unit, undefined, undefined, { ...restic, readStream: cut }),
    ).rejects.toMatchObject({
      code: 'dump-unverified',
    });
    expect(await contents('shop')).toBe(before);
  });
});

describe('what goes wrong is said', () => {
  test('a table dropped midway waits until it is copied', async () => {
    await using repository = await withRepository();
    await postgres.sql('create database drops');
    await postgres.sql(fill(10_000), 'drops');
    let dropping = Promise.resolve('');
    const one = database({ only: ['drops'], globals: false });
    const act = async () => {
      dropping = postgres.sql('drop table items cascade', 'drops');
    };
    expect((await repository.dump(midway(one, act, { bytes: 200_000 }))).dumps).toMatchObject([{ outcome: 'ok' }]);
    await dropping;
    await repository.restore(one, await unitOf(one, 'drops', repository.world));
    expect(await postgres.sql('select count(*) from items', 'drops')).toBe('10000');
  });

  test('its database dropped, and a database that only agent.yaml knows', async () => {
    await using repository = await withRepository();
    await postgres.sql('create database brief');
    await postgres.sql(fill(10), 'brief');
    const gone = database({ only: ['brief', 'nowhere', 'shop'], globals: false });
    const done = await repository.dump(
      midway(gone, async () => void (await postgres.sql('drop database brief with (force)')), { unit: 'brief' }),
    );
    const by = Object.fromEntries(done.dumps.map(({ database: name, outcome, reason }) => [name, [outcome, reason]]));
    expect(by['shop']).toEqual(['ok', null]);
    expect(by['nowhere']?.[0]).toBe('failed');
    expect(await repository.count()).toBe(done.dumps.filter(({ outcome }) => outcome === 'ok').length);
    expect(done.words.join('\n')).toContain('does not exist');
  });

  test('a full disk of the repository: no snapshot, and what it was', async (context) => {
    await using small = await withSmallFolder('2m');
    if (small.path === null) return context.skip(small.why);
    await using repository = await withRepository('0.14', small.path);
    await postgres.sql('create database noise');
    const random =
      'decode(md5(random()::text) || md5(random()::text) || md5(random()::text) || md5(random()::text), $$hex$$)';
    await postgres.sql(`create table noise as select ${random} from generate_series(1, 80000)`, 'noise');
    const done = await repository.dump(database({ only: ['noise'], globals: false }));
    expect(done.dumps).toMatchObject([{ outcome: 'failed', snapshot: null }]);
    expect(await repository.count()).toBe(0);
    expect(done.words.join('\n')).toMatch(/no space left/);
  });

  test('a password file that others can read is refused', async () => {
    await using repository = await withRepository();
    const file = join(repository.directory, 'open');
    await writeFile(file, 'x\n', { mode: 0o644 });
    expect(await repository.dump(database({ password_file: file }))).toMatchObject({
      problem: { code: 'secret-exposed' },
    });
  });

  test('by the socket, as another user of the machine: roles come without passwords for who is no superuser', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root runs a program as somebody else');
    await using repository = await withRepository();
    const at = { socket: join(postgres.socket, `.s.PGSQL.${postgres.port}`) };
    await postgres.sql('create database plain owner clerk');
    const done = await repository.dump(
      database({ at, password_file: null, only: ['plain'], as: 'nobody', user: 'clerk' }),
    );
    expect(done.dumps.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(done.described?.warnings.join()).toContain('without their passwords');
  });

  test('with a pgpass file, and a right that is missing', async () => {
    await using repository = await withRepository();
    const file = join(repository.directory, 'pgpass');
    const line = ['*', '*', '*', 'postgres', postgres.password.replace(/[\\:]/g, '\\$&')].join(':');
    await writeFile(file, `${line}\n`, { mode: 0o600 });
    const byFile = { password_file: null, pgpass: file, globals: false, only: ['shop'] };
    expect((await repository.dump(database(byFile))).dumps).toMatchObject([{ outcome: 'ok' }]);
    const socket = join(postgres.socket, `.s.PGSQL.${postgres.port}`);
    const poor = { at: { socket }, password_file: null, user: 'clerk', globals: false, only: ['shop'] };
    expect((await repository.dump(database(poor))).dumps).toMatchObject([
      { outcome: 'failed', reason: 'database-refused' },
    ]);
  });
});
