import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mariadbDatabase, mariadbSchema } from '../packages/agent/src/databases/mariadb.ts';
import { expectEngine, weirdName } from './helpers/engines/contract.ts';
import { type Mariadb, withMariadb } from './helpers/engines/mariadb.ts';
import { midway } from './helpers/engines/midway.ts';
import { type Repository, unitOf, withRepository } from './helpers/engines/repository.ts';
import { withSmallFolder } from './helpers/engines/small-folder.ts';

let mariadb: Mariadb;
const path = process.env['PATH'];
beforeAll(async () => {
  mariadb = await withMariadb();
  // The tools are looked for on PATH, as everywhere.
  process.env['PATH'] = `${mariadb.bin}${delimiter}${path}`;
  await mariadb.sql("create user clerk@'%' identified by 'of the clerk'; create database shop; create database large;");
  await mariadb.sql(fill(2000), 'shop');
  await mariadb.sql(fill(40_000), 'large');
  await mariadb.sql("grant select on shop.* to clerk@'%'");
});
afterAll(async () => {
  process.env['PATH'] = path;
  await mariadb[Symbol.asyncDispose]();
});

/** Rows with what is hard to carry: quotes, newlines, nulls, bytes; and a view, a trigger, a routine, an event. */
const fill = (rows: number, isProgrammed = true): string => `
  create table items (id int primary key, label text, bytes blob, price decimal(12,4)) engine=InnoDB character set utf8mb4;
  insert into items select seq, if(seq % 7 = 0, null, concat('it''s "', seq, '"\\n\\t\\\\ ü')),
    unhex(concat(md5(seq), md5(seq + 1), md5(seq + 2))), seq / 7 from seq_1_to_${rows};
  create view labels as select label from items;
  delimiter //
  create trigger shout before update on items for each row set new.label = concat(new.label, '!')//
  ${isProgrammed ? 'create function twice(n int) returns int deterministic return 2 * n//\n  create event nightly on schedule every 1 day do delete from items where id < 0//' : ''}
  delimiter ;`;

/** Every row, and what else is in a database. */
const contents = async (database: string): Promise<string> => {
  const name = `'${database.replace(/['\\]/g, '\\$&')}'`;
  return mariadb.sql(
    `select id, label, hex(bytes), price from items order by id; select count(*) from labels;
     select trigger_name, action_statement from information_schema.triggers where trigger_schema = ${name};
     select routine_name, routine_definition from information_schema.routines where routine_schema = ${name};
     select event_name, event_definition from information_schema.events where event_schema = ${name};`,
    database,
  );
};

const database = (more: Readonly<Record<string, unknown>> = {}) =>
  mariadbDatabase(
    mariadbSchema.parse({
      engine: 'mariadb',
      at: { host: '127.0.0.1', port: mariadb.port },
      user: 'backup',
      password_file: mariadb.passwordFile,
      ...more,
    }),
  );

expectEngine({
  engine: 'mariadb',
  release: '0.14',
  subject: () => ({
    database: () => database({ only: ['shop'] }),
    cut: {
      database: () => database({ only: ['shop', 'large'] }),
      unit: 'large',
      act: async () => {
        const list = await mariadb.sql("select id from information_schema.processlist where user = 'backup'");
        for (const id of list.split('\n').filter((line) => line !== ''))
          await mariadb.sql(`kill ${id}`).catch(() => '');
      },
    },
    wrongPassword: () => database({ user: 'clerk' }),
    unreachable: () => database({ at: { host: '127.0.0.1', port: 9 } }),
    weird: async (name) => {
      await mariadb.sql(`create or replace database ${mariadb.identifier(name)}`);
      return { database: database({ only: [name] }), unit: name };
    },
    secrets: [mariadb.password],
  }),
});

describe('MariaDB comes back', () => {
  let repository: Repository;
  beforeAll(async () => {
    repository = await withRepository('0.18');
  });
  afterAll(() => repository[Symbol.asyncDispose]());

  test('copied while it is written to, destroyed, restored: row by row as it was, with triggers, routines, events and accounts', async () => {
    const was = await contents('shop');
    let isOver = false;
    await mariadb.sql('create table noise (n int primary key)', 'shop');
    const writing = (async () => {
      for (let n = 1; !isOver; n += 1) await mariadb.sql(`insert into noise values (${n})`, 'shop');
    })();
    const done = await repository.dump(database({ only: ['shop'] }));
    isOver = true;
    await writing;
    expect(done.dumps.map(({ outcome, verified }) => [outcome, verified])).toEqual([
      ['ok', 'stream'],
      ['ok', 'stream'],
    ]);
    const shop = await unitOf(database(), 'shop', repository.world);
    const accounts = await unitOf(database(), null, repository.world);
    await mariadb.sql("drop database shop; drop user clerk@'%'");
    // Only root may give what root has.
    await repository.restore(database({ at: { socket: mariadb.socket }, user: 'root', password_file: null }), accounts);
    await repository.restore(database(), shop);
    expect(await contents('shop')).toBe(was);
    expect(await mariadb.sql("show grants for clerk@'%'")).toContain('GRANT SELECT ON `shop`.*');
    const [many, last] = (await mariadb.sql('select count(*), coalesce(max(n), 0) from noise', 'shop')).split('\t');
    expect(many).toBe(last);
  });

  test('over what is live, and beside it under another name, which is refused where there is one', async () => {
    const was = await contents('shop');
    await repository.dump(database({ only: ['shop'], users: false }));
    const unit = await unitOf(database(), 'shop', repository.world);
    await mariadb.sql(
      'delete from items where id % 2 = 0; drop view labels; create view labels as select 3 as label',
      'shop',
    );
    const into = { kind: 'new', name: weirdName } as const;
    await mariadb.sql(`drop database if exists ${mariadb.identifier(weirdName)}`);
    const spoilt = await contents('shop');
    await repository.restore(database(), unit, into);
    expect(await contents(weirdName)).toBe(was);
    expect(await contents('shop')).toBe(spoilt);
    await expect(repository.restore(database(), unit, into)).rejects.toMatchObject({ code: 'restore-refused' });
    await repository.restore(database(), unit);
    expect(await contents('shop')).toBe(was);
  });

  test('a weird name comes back under its own', async () => {
    await mariadb.sql(`create or replace database ${mariadb.identifier(weirdName)}`);
    await mariadb.sql(fill(10, false), weirdName);
    const was = await contents(weirdName);
    const done = await repository.dump(database({ only: [weirdName], users: false }));
    expect(done.dumps).toMatchObject([{ outcome: 'ok' }]);
    const unit = await unitOf(database(), weirdName, repository.world);
    await mariadb.sql(`drop database ${mariadb.identifier(weirdName)}`);
    await repository.restore(database(), unit);
    expect(await contents(weirdName)).toBe(was);
    await mariadb.sql('create procedure p() select 1', weirdName);
    const described = await database().describe(repository.world, new AbortController().signal);
    expect(described.warnings.join()).toContain('without its routines and events');
  });
});

describe('what goes wrong is said', () => {
  test('a table dropped midway: no snapshot, and which', async () => {
    await using repository = await withRepository();
    await mariadb.sql('create database drops');
    await mariadb.sql(fill(40_000, false), 'drops');
    await mariadb.sql('create table zebra (n int) engine=InnoDB; insert into zebra values (1)', 'drops');
    const act = async () => void (await mariadb.sql('drop table zebra', 'drops'));
    const done = await repository.dump(midway(database({ only: ['drops'], users: false }), act, { bytes: 200_000 }));
    expect(done.dumps).toMatchObject([{ outcome: 'failed', reason: 'dump-failed', snapshot: null }]);
    expect(done.words.join('\n')).toContain('zebra');
    expect(await repository.count()).toBe(0);
  });

  test('tables without transactions, a database that only agent.yaml knows, a full disk', async (context) => {
    await using small = await withSmallFolder('2m');
    if (small.path === null) return context.skip(small.why);
    await using repository = await withRepository('0.14', small.path);
    await mariadb.sql('create database random');
    await mariadb
      .sql('create table random engine=InnoDB as select random_bytes(64) from mysql.user, seq_1_to_20000', 'random')
      .catch(() => '');
    await mariadb.sql('create database old; create table old.log (n int) engine=MyISAM');
    const done = await repository.dump(database({ only: ['random', 'nowhere', 'old'], users: false }));
    expect(done.described?.warnings.join()).toContain('old has tables that know no transactions');
    const by = Object.fromEntries(done.dumps.map((dump) => [dump.database, dump.outcome]));
    expect(by).toMatchObject({ nowhere: 'failed', random: 'failed' });
    expect(done.dumps.find((dump) => dump.database === 'random')).toMatchObject({ snapshot: null });
    const locked = database({ only: ['old'], lock: true });
    expect((await locked.describe(repository.world, new AbortController().signal)).warnings).toEqual([]);
  });

  test('by the socket as another user of the machine, and with an option file, whose quotes are its own', async (context) => {
    await using repository = await withRepository();
    const file = join(repository.directory, 'my.cnf');
    const password = mariadb.password.replace(/["\\]/g, '\\$&');
    await writeFile(file, `[client]\nuser=backup\npassword="${password}"\n`, { mode: 0o600 });
    const byFile = { password_file: null, user: null, option_file: file, only: ['shop'], users: false };
    expect((await repository.dump(database(byFile))).dumps).toMatchObject([{ outcome: 'ok' }]);
    if (process.getuid?.() !== 0) return context.skip('only root runs a program as somebody else');
    const asNobody = database({ ...byFile, at: { socket: mariadb.socket }, as: 'nobody' });
    expect((await repository.dump(asNobody)).dumps).toMatchObject([{ outcome: 'ok' }]);
  });
});
