import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqliteDatabase, sqliteSchema } from '../packages/agent/src/databases/sqlite.ts';
import { expectEngine } from './helpers/engines/contract.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';
import { withSmallFolder } from './helpers/engines/small-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-sqlite-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A password vault: a database in a folder of its own, with attachments and a key beside it. */
const makeVault = async (name = 'db.sqlite3', rows = 500) => {
  const home = await mkdtemp(join(folder, 'vault-'));
  await mkdir(join(home, 'attachments/one'), { recursive: true });
  await writeFile(join(home, 'attachments/one/two.pdf'), 'an attachment');
  await writeFile(join(home, 'rsa_key.pem'), 'a key', { mode: 0o600 });
  const file = join(home, name);
  using database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE items (id INTEGER PRIMARY KEY, label TEXT, bytes BLOB)');
  const insert = database.prepare('INSERT INTO items VALUES (?, ?, ?)');
  database.exec('BEGIN');
  for (let n = 1; n <= rows; n += 1)
    insert.run(n, n % 7 === 0 ? null : `it's "${n}"\n\t\\ ü`, Buffer.alloc(200, n % 251));
  database.exec('COMMIT');
  return { home, file, also: [join(home, 'attachments'), join(home, 'rsa_key.pem'), join(home, 'sends')] };
};

/** Every row. */
const contents = (file: string): unknown => {
  using database = new DatabaseSync(file, { readOnly: true });
  return database.prepare('SELECT * FROM items ORDER BY id').all();
};

const change = (file: string, statement: string): void => {
  using database = new DatabaseSync(file);
  database.exec(statement);
};

const databaseOf = (file: string, more: Readonly<Record<string, unknown>> = {}) =>
  sqliteDatabase(sqliteSchema.parse({ engine: 'sqlite', name: 'vault', file, ...more }));

/** A program that has the database open and writes to it without a pause, until it is ended. */
const startWriter = async (file: string) => {
  const code = `const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.argv[1], { timeout: 60000 });
    database.exec('CREATE TABLE IF NOT EXISTS noise (n INTEGER)');
    for (let n = 1; ; n += 1) { database.exec('INSERT INTO noise VALUES (' + n + ')'); if (n === 20) process.stdout.write('on'); }`;
  const child = spawn(process.execPath, ['--no-warnings', '-e', code, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
};

expectEngine({
  engine: 'sqlite',
  release: '0.18',
  subject: async () => {
    const { file } = await makeVault();
    return {
      database: () => databaseOf(file),
      cut: null,
      wrongPassword: null,
      unreachable: () => databaseOf(join(folder, 'nowhere.db')),
      weird: async (name) => ({ database: databaseOf((await makeVault(name.replaceAll('/', '|'))).file), unit: null }),
      secrets: [],
    };
  },
});

describe('SQLite comes back', () => {
  test('a vault, copied while it is written to, destroyed, restored: row by row, with its attachments and key', async () => {
    await using repository = await withRepository('0.18');
    const { home, file, also } = await makeVault();
    const before = contents(file);
    {
      await using _writer = await startWriter(file);
      const done = await repository.dump(databaseOf(file, { also }));
      expect(done.dumps).toMatchObject([{ outcome: 'ok', verified: 'tool' }]);
      expect(done.described?.warnings).toEqual([`${join(home, 'sends')} is not there, and so is not copied.`]);
    }
    const database = databaseOf(file, { also });
    const unit = await unitOf(database, null, repository.world);
    await rm(home, { recursive: true });
    await repository.restore(database, unit);
    expect(contents(file)).toEqual(before);
    expect(await readFile(join(home, 'attachments/one/two.pdf'), 'utf8')).toBe('an attachment');
    expect((await stat(join(home, 'rsa_key.pem'))).mode & 0o777).toBe(0o600);
    using restored = new DatabaseSync(file);
    // One moment of the writer: what it had written by then, without holes.
    const { many, last } = restored.prepare('SELECT count(*) AS many, max(n) AS last FROM noise').get() ?? {};
    expect(many).toBe(last);
    expect(many).toBeGreaterThan(0);
    expect(await readdir(join(repository.directory, 'state/databases'))).toEqual([]);
  });

  test('over one that is there: refused while a program has it open, and then the old one is kept, with its -wal', async () => {
    await using repository = await withRepository();
    const { home, file } = await makeVault();
    const before = contents(file);
    const database = databaseOf(file);
    await repository.dump(database);
    const unit = await unitOf(database, null, repository.world);
    {
      await using _writer = await startWriter(file);
      await expect(repository.restore(database, unit)).rejects.toMatchObject({ code: 'restore-refused' });
    }
    change(file, "UPDATE items SET label = 'spoilt'");
    // The writer was killed, and left its -wal; a reader keeps it there.
    const spoilt = contents(file);
    const { warnings } = await repository.restore(database, unit);
    expect(contents(file)).toEqual(before);
    const kept = (await readdir(home)).filter((name) => /^db\.sqlite3\.before-[\dT-]+$/.test(name));
    expect(kept).toHaveLength(1);
    expect(warnings.join()).toContain(kept[0]);
    expect(contents(join(home, kept[0] ?? ''))).toEqual(spoilt);
  });

  test('beside it under another name, and not over what is there', async () => {
    await using repository = await withRepository();
    const { home, file } = await makeVault();
    const before = contents(file);
    const database = databaseOf(file);
    await repository.dump(database);
    const unit = await unitOf(database, null, repository.world);
    await repository.restore(database, unit, { kind: 'new', name: 'copy.db' });
    expect(contents(join(home, 'copy.db'))).toEqual(before);
    await expect(repository.restore(database, unit, { kind: 'new', name: 'copy.db' })).rejects.toMatchObject({
      code: 'restore-refused',
    });
  });

  test('what only its -wal holds is in the copy, of a program that was killed', async () => {
    await using repository = await withRepository();
    const { file } = await makeVault();
    await startWriter(file).then((writer) => writer[Symbol.asyncDispose]());
    expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0);
    const database = databaseOf(file);
    const done = await repository.dump(database);
    expect(done.dumps).toMatchObject([{ outcome: 'ok' }]);
    await repository.restore(database, await unitOf(database, null, repository.world), {
      kind: 'new',
      name: 'back.db',
    });
    using restored = new DatabaseSync(join(file, '../back.db'));
    expect(restored.prepare('SELECT count(*) AS many FROM noise').get()?.['many']).toBeGreaterThanOrEqual(20);
  });
});

describe('what goes wrong is said', () => {
  test('a damaged database, a file that is none, a full disk: no snapshot, and why', async (context) => {
    await using repository = await withRepository();
    const { file } = await makeVault();
    change(file, 'PRAGMA journal_mode = DELETE');
    await using handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(4096, 0xff), 0, 4096, 4 * 4096);
    const spoilt = await repository.dump(databaseOf(file));
    expect(spoilt.dumps).toMatchObject([{ outcome: 'failed', reason: 'dump-unverified', snapshot: null }]);
    await truncate(file, 40_960);
    expect(await repository.dump(databaseOf(file))).toMatchObject({ problem: { code: 'dump-failed' } });
    const text = join(folder, 'text');
    await writeFile(text, 'no database at all, but long enough to be looked at '.repeat(100));
    expect(await repository.dump(databaseOf(text))).toMatchObject({ problem: { code: 'database-refused' } });
    expect(await repository.count()).toBe(0);
    await using small = await withSmallFolder('1m');
    if (small.path === null) return context.skip(small.why);
    const { file: large } = await makeVault('db', 8000);
    await using little = await withRepository('0.14', small.path);
    expect((await little.dump(databaseOf(large))).dumps).toMatchObject([{ outcome: 'failed', reason: 'no-room' }]);
    expect(await little.count()).toBe(0);
  });

  test('a program that keeps it locked is waited for, and a cancel ends that', async () => {
    await using repository = await withRepository();
    const { file } = await makeVault();
    change(file, 'PRAGMA journal_mode = DELETE');
    using locker = new DatabaseSync(file);
    locker.exec('BEGIN EXCLUSIVE');
    const done = await repository
      .dump(databaseOf(file), { signal: AbortSignal.timeout(3000) })
      .catch((error: unknown) => error);
    expect(JSON.stringify(done)).toContain('cancelled');
    locker.exec('ROLLBACK');
    expect((await repository.dump(databaseOf(file))).dumps).toMatchObject([{ outcome: 'ok' }]);
  });
});
