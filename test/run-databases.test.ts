import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { takeLock } from '../packages/agent/src/run/lock.ts';
import { type Postgres, withPostgres } from './helpers/engines/postgres.ts';
import { Machine } from './helpers/machine.ts';
import { eventually, isRoot, withReceiver } from './helpers/receiver.ts';

const snapshotList = z.array(z.object({ id: z.string(), tags: z.array(z.string()), paths: z.array(z.string()) }));
const weird = `it's, "shop"\n`;

let postgres: Postgres;
beforeAll(async () => {
  if (!isRoot) return;
  postgres = await withPostgres();
  for (const name of ['shop', weird]) {
    await postgres.sql(`create database ${postgres.identifier(name)}`);
    await postgres.sql('create table items as select n, md5(n::text) from generate_series(1, 50000) n', name);
  }
}, 100_000);
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
}, 60_000);

/** A machine that is enrolled, with a vault in SQLite, and what its agent.yaml says of databases. */
const withMachine = async () => {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await withReceiver());
  const machine = stack.use(await Machine.make());
  await machine.enrol(receiver);
  const vault = join(machine.directory, 'vault');
  await mkdir(join(vault, 'attachments'), { recursive: true });
  await writeFile(join(vault, 'attachments/one'), 'attached');
  using file = new DatabaseSync(join(vault, 'db.sqlite3'));
  file.exec('create table secrets (name text); insert into secrets values (1), (2), (3);');
  const password = join(machine.directory, 'pg.pass');
  await writeFile(password, `${postgres.password}\n`, { mode: 0o600 });
  const yaml = join(machine.home, 'agent.yaml');
  const enrolled = await readFile(yaml, 'utf8');
  const configure = (tools: string) =>
    writeFile(
      yaml,
      `${enrolled}
databases:
  - engine: postgres
    name: shop-db
    at: { host: 127.0.0.1, port: ${postgres.port} }
    user: postgres
    password_file: ${password}
    tools: ${tools}
    except: [postgres]
  - { engine: sqlite, name: vault, file: ${vault}/db.sqlite3, also: [${vault}/attachments] }
`,
    );
  await configure(postgres.bin);
  const open = stack.move();
  return {
    ...{ machine, password, configure },
    backup: async (): Promise<{ readonly exitCode: number | undefined; readonly report: Report }> => {
      const { exitCode, stdout, stderr } = await machine.berth('backup', '--json');
      const last = stdout.split('\n').at(-1) ?? '';
      const report = reportSchema.safeParse(JSON.parse(last === '' ? 'null' : last));
      if (!report.success) throw new Error(`exit code ${exitCode}: ${stdout}${stderr}`);
      return { exitCode, report: report.data };
    },
    /** What is in the repository, each as the words that tell it from others. */
    stored: async (): Promise<readonly string[]> => {
      const { stdout } = await machine.berth('snapshots', '--all', '--json');
      return snapshotList.parse(JSON.parse(stdout)).map(({ tags }) => tags.toSorted().join(' '));
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
};

const dumped = ({ dumps }: Report) =>
  dumps.map(({ subject, database, outcome }) => [subject, database, outcome].join());
const tagsOfOneRun = [
  'db db:postgres db:shop-db',
  'db db:postgres db:shop-db db:shop-db/it%27s%2C%20%22shop%22%0A',
  'db db:postgres db:shop-db db:shop-db/shop',
  'db db:sqlite db:vault',
  'berth',
];

test.skipIf(!isRoot)(
  'one run saves the files and each database by itself, and a database that refuses keeps nothing else back',
  async () => {
    await using it = await withMachine();
    const dry = await it.machine.berth('backup', '--dry-run');
    expect(dry).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('would dump postgres-shop-db-shop.dump'),
    });
    expect(await it.stored()).toEqual([]);

    const { exitCode, report } = await it.backup();
    expect(report.message).toBeNull();
    expect([exitCode, report.outcome, report.warnings]).toEqual([0, 'ok', []]);
    expect(dumped(report).toSorted()).toEqual(
      ['shop-db,,ok', 'shop-db,shop,ok', `shop-db,it's, "shop" ,ok`, 'vault,,ok'].toSorted(),
    );
    expect(
      report.dumps.every(({ snapshot, bytes, verified }) => snapshot !== null && bytes > 0 && verified !== 'none'),
    ).toBe(true);
    expect((await it.stored()).toSorted()).toEqual(tagsOfOneRun.toSorted());
    expect(JSON.stringify(report)).not.toContain(postgres.password);

    await writeFile(it.password, 'wrong\n', { mode: 0o600 });
    const second = await it.backup();
    expect([second.exitCode, second.report.outcome, second.report.reason]).toEqual([
      3,
      'incomplete',
      'database-refused',
    ]);
    expect(second.report.message).toContain('shop-db');
    expect(dumped(second.report)).toEqual(['vault,,ok']);
    expect(second.report.snapshot).not.toBeNull();
    expect(await it.stored()).toHaveLength(7);
    expect(await readdir(join(it.machine.home, 'state/databases')).catch(() => [])).toEqual([]);

    const restore = () => it.machine.berth('restore-db', 'vault', '--live', '--yes');
    {
      await using _aRun = await takeLock(join(it.machine.home, 'state/lock'));
      expect(await restore()).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('Another run') });
    }
    expect(await restore()).toMatchObject({ exitCode: 0 });
  },
  200_000,
);

test.skipIf(!isRoot)(
  'an agent that is killed in the middle of a dump leaves no snapshot of it, and the next run is whole',
  async () => {
    await using it = await withMachine();
    // The tools as they are, but a pg_dump that stops in the middle for a while.
    const slow = join(it.machine.directory, 'slow');
    await mkdir(slow);
    for (const name of await readdir(postgres.bin))
      if (name !== 'pg_dump') await symlink(join(postgres.bin, name), join(slow, name));
    const halting = `#!/bin/sh\ncase "$*" in *--version*) exec ${postgres.bin}/pg_dump --version;; esac\n${postgres.bin}/pg_dump "$@" | { head -c 300000; exec sleep 60; }\n`;
    await writeFile(join(slow, 'pg_dump'), halting);
    await chmod(join(slow, 'pg_dump'), 0o755);
    await it.configure(slow);

    const running = it.machine.start('backup', '--json');
    let said = '';
    running.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await eventually('it is in the middle', 60_000, async () =>
      /"event":"dumping","name":"shop-db","bytesDone":[1-9]/.test(said),
    );
    running.kill('SIGKILL');
    await running;
    // Whatever of it still ran would have come to its end by then.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await it.stored()).join()).not.toMatch(/db:shop-db\/|berth/);

    await it.configure(postgres.bin);
    const { exitCode, report } = await it.backup();
    expect(report.message).toBeNull();
    expect([exitCode, report.outcome]).toEqual([0, 'ok']);
    expect(dumped(report)).toHaveLength(4);
    const stored = await it.stored();
    for (const tags of tagsOfOneRun) expect(stored).toContain(tags);
    expect(stored.filter((tags) => tags.includes('db:shop-db/shop'))).toHaveLength(1);
  },
  200_000,
);
