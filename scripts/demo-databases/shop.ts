import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgres, type Postgres, withPostgres } from '../../test/helpers/engines/postgres.ts';
import type { Stage } from '../demo/stage.ts';
import { expect } from '../demo/story.ts';

/** The two databases of the demo: a shop in a private PostgreSQL, and a vault in a SQLite file with attachments beside it. */
export interface Databases extends AsyncDisposable {
  readonly postgres: Postgres;
  /** Where pg_dump and its like are. */
  readonly tools: string;
  readonly vault: { readonly folder: string; readonly file: string; readonly attachments: string };
}

const orders = 10_000;

/** Starts and fills them. */
export const fillDatabases = async (stage: Stage): Promise<Databases> => {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await withPostgres());
  await postgres.sql(`create role shopkeeper login; create database shop owner shopkeeper;`);
  await postgres.sql(
    `create table orders (id int primary key, note text);
     create table lines (id int references orders, number int, what text, primary key (id, number));
     insert into orders select n, 'order ' || n || E' of "O''Hara"\\n' from generate_series(1, ${orders}) n;
     insert into lines select n, k, md5(n || '/' || k) from generate_series(1, ${orders}) n, generate_series(1, 3) k;
     alter table orders owner to shopkeeper; alter table lines owner to shopkeeper;
     create sequence receipts; create table stop ();`,
    'shop',
  );
  const folder = join(stage.directory, 'srv/vault');
  const vault = { folder, file: join(folder, 'db.sqlite3'), attachments: join(folder, 'attachments') };
  await mkdir(vault.attachments, { recursive: true });
  await writeFile(join(vault.attachments, 'deed.pdf'), createHash('sha256').update('deed').digest());
  using database = new DatabaseSync(vault.file);
  database.exec(`pragma journal_mode = wal; create table secrets (id integer primary key, what text not null);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into secrets select i, 'secret ' || i || ' ' || hex(randomblob(16)) from n;`);
  const tools = await toolsOf(stage, postgres.bin);
  const open = stack.move();
  return { postgres, tools, vault, [Symbol.asyncDispose]: () => open.disposeAsync() };
};

/** What is unpacked and not installed does not find its libraries by itself. */
const toolsOf = async (stage: Stage, bin: string): Promise<string> => {
  const { env } = await findPostgres();
  const libraries = env['LD_LIBRARY_PATH'];
  if (libraries === undefined) return bin;
  const folder = join(stage.directory, 'postgresql-bin');
  await mkdir(folder);
  for (const name of await readdir(bin)) {
    await writeFile(join(folder, name), `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${join(bin, name)}' "$@"\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
};

/** Every row of the shop, by one hash, and how many. */
export const shopRows = async (
  { postgres }: Databases,
  database = 'shop',
): Promise<{ readonly orders: number; readonly lines: number; readonly hash: string }> => {
  const rows = await postgres.sql(
    `select o.id, o.note, l.number, l.what from orders o left join lines l using (id) order by 1, 3; select tableowner from pg_tables where tablename = 'orders'`,
    database,
  );
  const counts = await postgres.sql(`select count(*) from orders; select count(*) from lines`, database);
  const [all = 0, lines = 0] = counts.trim().split('\n').map(Number);
  return { orders: all, lines, hash: createHash('sha256').update(rows).digest('hex') };
};

/** Every row of the vault and every file beside it, by one hash, and how many rows. */
export const vaultRows = async ({ vault }: Databases): Promise<{ readonly secrets: number; readonly hash: string }> => {
  const hash = createHash('sha256');
  using database = new DatabaseSync(vault.file, { readOnly: true });
  const rows = database.prepare('select id, what from secrets order by id').all();
  hash.update(JSON.stringify(rows));
  for (const name of (await readdir(vault.attachments)).toSorted())
    hash.update(name).update(await readFile(join(vault.attachments, name)));
  return { secrets: rows.length, hash: hash.digest('hex') };
};

/** Does some work while both are written to, order by order, in one transaction with its three lines. */
export const whileWriting = async <Value>(
  { postgres, vault }: Databases,
  work: () => Promise<Value>,
): Promise<Value> => {
  const writing = postgres.sql(
    `do $$ begin for n in ${orders + 1}..${orders + 100_000} loop
       insert into orders values (n, 'order ' || n); insert into lines select n, k, md5(n || '/' || k) from generate_series(1, 3) k;
       commit; perform pg_sleep(0.005); exit when exists (select from stop); end loop; end $$`,
    'shop',
  );
  writing.catch(() => undefined);
  const stopping = new AbortController();
  using database = new DatabaseSync(vault.file);
  database.exec('pragma busy_timeout = 5000');
  const insert = database.prepare("insert into secrets (what) values ('written meanwhile')");
  const beside = (async () => {
    while (!stopping.signal.aborted) {
      insert.run();
      await sleep(5);
    }
  })();
  try {
    return await work();
  } finally {
    stopping.abort();
    await beside;
    await postgres.sql('insert into stop default values', 'shop');
    await writing;
    await postgres.sql('delete from stop', 'shop');
  }
};

/**
 * Holds up the next dump of the shop where all its rows are written and its sequences are not, and ends its connection there, as a network does. True
 * when it was caught.
 */
export const cutNextDump = async ({ postgres }: Databases): Promise<boolean> => {
  const said = await postgres.sql(
    `create temp table caught (n int);
     begin; alter sequence receipts owner to shopkeeper;
     do $$ begin for i in 1..30000 loop
       perform pg_terminate_backend(pid) from pg_stat_activity
         where pid <> pg_backend_pid() and datname = 'shop' and wait_event_type = 'Lock';
       if found then insert into caught values (i); exit; end if;
       perform pg_stat_clear_snapshot(); perform pg_sleep(0.002); end loop; end $$;
     commit; select count(*) from caught;`,
    'shop',
  );
  return said.trim() === '1';
};

/** Both are gone, as completely as a person can make them. */
export const destroy = async (
  { postgres, vault }: Databases,
  remove: (path: string) => Promise<void>,
): Promise<void> => {
  await postgres.sql('drop database shop with (force)');
  await postgres.sql('drop role shopkeeper');
  await remove(vault.folder);
  const left = await postgres.sql("select count(*) from pg_database where datname = 'shop'");
  expect(left.trim() === '0', 'the shop is still there');
};
