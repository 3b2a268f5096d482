import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandDatabase, commandSchema } from '../packages/agent/src/databases/command.ts';
import { expectEngine, weirdName } from './helpers/engines/contract.ts';
import { type Repository, unitOf, withRepository } from './helpers/engines/repository.ts';

const release = '0.18';
let directory = '';
let repository: Repository;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-command-'));
  repository = await withRepository(release);
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const entry = (more: Readonly<Record<string, unknown>>) =>
  commandDatabase(commandSchema.parse({ engine: 'command', ...more }));
const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;

/** A ledger that only Node can read, as a stand for whatever a person runs: its rows as lines, and a last line that says so. */
const dumpRows = `${quoted(process.execPath)} -e '
  const { DatabaseSync } = require("node:sqlite");
  const ledger = new DatabaseSync(process.argv[1]);
  ledger.exec("begin");
  for (const row of ledger.prepare("select * from entries order by id").iterate()) console.log(JSON.stringify(row));
  console.log("-- all of it");
'`;
const loadRows = `${quoted(process.execPath)} -e '
  const { DatabaseSync } = require("node:sqlite");
  const ledger = new DatabaseSync(process.argv[1]);
  ledger.exec("begin; create table if not exists entries (id integer primary key, text text); delete from entries");
  const insert = ledger.prepare("insert into entries values (?, ?)");
  for (const line of require("node:fs").readFileSync(0, "utf8").split("\\n")) {
    if (line.startsWith("{")) { const row = JSON.parse(line); insert.run(row.id, row.text); }
  }
  ledger.exec("commit");
'`;

const rowsOf = (path: string): readonly unknown[] => {
  using ledger = new DatabaseSync(path);
  return ledger.prepare('select * from entries order by id').all();
};

describe('a command of one’s own', () => {
  test('what it dumped comes back row by row, in place and as another', async () => {
    const file = join(directory, "the 'ledger'.db");
    {
      using ledger = new DatabaseSync(file);
      ledger.exec('pragma journal_mode=wal; create table entries (id integer primary key, text text)');
      const insert = ledger.prepare('insert into entries (text) values (?)');
      for (let row = 0; row < 2000; row += 1) insert.run(`${row} ${weirdName}`);
    }
    const database = entry({
      name: 'ledger',
      ending: 'jsonl',
      run: `${dumpRows} ${quoted(file)}`,
      end_marker: '-- all of it',
      min_bytes: '1K',
      verify: 'tail -n 1 | grep -q "all of it"',
      restore: `${loadRows} ${quoted(file)}`,
      restore_new: `${loadRows} ${quoted(directory)}/"$BERTH_INTO"`,
    });
    const before = rowsOf(file);
    const writing = new DatabaseSync(file, { timeout: 5000 });
    const insert = writing.prepare("insert into entries (text) values ('written meanwhile')");
    const timer = setInterval(() => insert.run(), 5);
    const done = await repository.dump(database);
    clearInterval(timer);
    writing.close();
    expect(done).toMatchObject({ problem: null, dumps: [{ outcome: 'ok', verified: 'tool' }] });
    await rm(file);

    const unit = await unitOf(database, null, repository.world);
    expect(unit.file).toBe('command-ledger.jsonl');
    await repository.restore(database, unit);
    const after = rowsOf(file);
    expect(after.slice(0, before.length)).toEqual(before);

    await repository.restore(database, unit, { kind: 'new', name: weirdName.replaceAll('/', '') });
    expect(rowsOf(join(directory, weirdName.replaceAll('/', '')))).toEqual(after);
  });

  test.each([
    ['ends badly after it wrote all', { run: 'echo whole; exit 3' }, 'dump-failed'],
    ['is killed', { run: 'echo half; kill -9 $$' }, 'dump-failed'],
    ['is not there', { run: 'no-such-program-here' }, 'dump-failed'],
    ['writes nothing', { run: 'true' }, 'dump-empty'],
    ['writes too little', { run: 'echo little', min_bytes: '1K' }, 'dump-unverified'],
    ['leaves the end marker out', { run: 'echo begin', end_marker: 'end' }, 'dump-unverified'],
    ['has the end marker in the middle alone', { run: 'echo end; echo more', end_marker: 'end' }, 'dump-unverified'],
    ['does not please its verifier', { run: 'echo no gzip', verify: 'gzip -t' }, 'dump-unverified'],
  ])('one that %s makes no snapshot', async (_what, more, reason) => {
    const done = await repository.dump(entry({ name: 'broken', ...more }));
    expect(done.dumps).toMatchObject([{ outcome: 'failed', reason, snapshot: null }]);
    expect((await repository.snapshots()).filter(({ tags }) => tags?.includes('db:broken'))).toEqual([]);
  });

  test('a verifier that has seen enough keeps nobody waiting', async () => {
    const database = entry({ run: 'head -c 3000000 /dev/zero', verify: 'head -c 10 >/dev/null' });
    expect(await repository.dump(database)).toMatchObject({ dumps: [{ outcome: 'ok', bytes: 3_000_000 }] });
  });

  test('one that can do more than dump is told what is missing, and its file comes back all the same', async () => {
    const database = entry({ run: 'printf dumped' });
    await repository.dump(database);
    const unit = await unitOf(database, null, repository.world);
    await expect(repository.restore(database, unit)).rejects.toMatchObject({ code: 'not-supported' });
    const target = join(directory, 'taken');
    const taking = entry({ run: 'printf dumped', restore: `cat > ${quoted(target)}` });
    await repository.restore(taking, unit);
    expect(await readFile(target, 'utf8')).toBe('dumped');
    const failing = entry({ run: 'printf dumped', restore: 'cat >/dev/null; echo "no room" >&2; exit 1' });
    await expect(repository.restore(failing, unit)).rejects.toMatchObject({ code: 'restore-failed' });
  });
});

expectEngine({
  engine: 'command',
  release,
  subject: async () => {
    const secret = 'of the ledger 4711';
    await writeFile(join(directory, 'secret'), `${secret}\n`, { mode: 0o600 });
    const pid = join(directory, 'pid');
    const run = `echo $$ > ${quoted(pid)}; read -r secret < ${quoted(join(directory, 'secret'))}; head -c 20000000 /dev/urandom; echo done`;
    return {
      database: () => entry({ run: run.replace('20000000', '20000'), end_marker: 'done' }),
      cut: {
        database: () => entry({ run, end_marker: 'done' }),
        act: async () => void execFileSync('sh', ['-c', `kill -9 "$(cat ${quoted(pid)})"`]),
      },
      wrongPassword: null,
      unreachable: null,
      weird: async (name) => ({
        database: entry({ run: `printf %s ${quoted(name)}`, end_marker: name.trim() }),
        unit: null,
      }),
      secrets: [secret],
    };
  },
});
