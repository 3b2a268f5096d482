import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Containers } from '../../packages/agent/src/containers/containers.ts';
import { openContainers } from '../../packages/agent/src/containers/docker.ts';
import { type PlannedGroup, planGroups } from '../../packages/agent/src/containers/groups.ts';
import { labelledDatabases } from '../../packages/agent/src/containers/labelled-databases.ts';
import { lookAt } from '../../packages/agent/src/containers/paths.ts';
import { quiesceContainers } from '../../packages/agent/src/containers/quiesce.ts';
import { openDatabase } from '../../packages/agent/src/databases/entries.ts';
import { engineWorld } from '../../packages/agent/src/databases/world.ts';
import { openBook } from '../../packages/agent/src/recover/book.ts';
import { withEngine } from '../../scripts/docker/engine.ts';
import { findPostgres } from '../helpers/engines/postgres.ts';
import { unitOf, withRepository } from '../helpers/engines/repository.ts';
import { dockerOrThrow } from './container.ts';
import { buildQuietImage, composeLabels, type Quiet, withQuiet } from './quiet.ts';

let engine: AsyncDisposable;
let containers: Containers;
beforeAll(async () => {
  engine = await withEngine();
  await buildQuietImage();
  containers = await openContainers(null, process.env);
}, 300_000);
afterAll(async () => {
  await containers[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

const go = new AbortController().signal;
const wait = async (delayMs: number, signal: AbortSignal): Promise<void> => {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
};

/** What a run would do with the containers of a test, and the book it would do it by. */
const withRun = async (quiet: Quiet) => {
  const state = await mkdtemp(join(tmpdir(), 'berth-state-'));
  const things = openBook(join(state, 'unfinished.json'), () => new Date());
  const quiesce = quiesceContainers({ containers, things, elapsed: () => performance.now(), sleep: wait });
  return {
    things,
    world: engineWorld({ home: { state }, containers, things, quiesce, env: process.env, signal: go }),
    down: (group: PlannedGroup) => quiesce.down(group.group, go),
    groups: async (): Promise<readonly PlannedGroup[]> => {
      const all = await planGroups({ engine: null, labels: true, stop: [] }, containers, { own: null, look: lookAt });
      return all.filter(({ group }) => group.containers.some(({ name }) => name.startsWith(quiet.name)));
    },
    [Symbol.asyncDispose]: () => rm(state, { recursive: true, force: true }),
  };
};

const only = <Value>(values: readonly Value[]): Value => {
  const [value, ...others] = values;
  if (value === undefined || others.length > 0) throw new Error(`${values.length} instead of one`);
  return value;
};

const countOf = (quiet: Quiet, service: string): Promise<string> => readFile(join(quiet.folder, service, 'n'), 'utf8');

test('a label has a container stopped for its copy: nothing is written while it is down, and it goes on afterwards', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  await quiet.add('wiki', ['berth.backup=stop', 'berth.timeout=2m']);
  const group = only(await run.groups());
  expect(group).toMatchObject({ paths: [join(quiet.folder, 'wiki')], warnings: [], problem: null });
  await using down = await run.down(group);
  expect(await quiet.stateOf('wiki')).toBe('exited');
  const still = await countOf(quiet, 'wiki');
  await sleep(300);
  expect(await countOf(quiet, 'wiki')).toBe(still);
  expect(await run.things.entries()).toHaveLength(1);
  expect(await down.up()).toMatchObject({ meanwhile: [], warnings: [] });
  expect(await quiet.stateOf('wiki')).toBe('running');
  expect(await run.things.entries()).toEqual([]);
});

test('a paused one holds still with all its processes, and goes on where it was', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  await quiet.add('wiki', ['berth.backup=pause']);
  await expect.poll(() => countOf(quiet, 'wiki').catch(() => ''), { timeout: 20_000 }).not.toBe('');
  const startedAt = await quiet.inspect('wiki', '{{.State.StartedAt}}');
  await using down = await run.down(only(await run.groups()));
  const still = await countOf(quiet, 'wiki');
  await sleep(300);
  expect(await countOf(quiet, 'wiki')).toBe(still);
  expect(await down.up()).toMatchObject({ meanwhile: [], warnings: [] });
  await expect.poll(() => countOf(quiet, 'wiki'), { timeout: 20_000 }).not.toBe(still);
  expect(await quiet.inspect('wiki', '{{.State.StartedAt}}')).toBe(startedAt);
});

test('with exec its own words run in it before and after, and nothing stops', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  const labels = ['berth.backup=exec', 'berth.before=echo frozen > /data/mark', 'berth.after=rm /data/mark'];
  await quiet.add('wiki', labels);
  const mark = (): Promise<string> => readFile(join(quiet.folder, 'wiki/mark'), 'utf8').catch(() => 'none');
  await using down = await run.down(only(await run.groups()));
  expect(await mark()).toBe('frozen\n');
  expect(await quiet.stateOf('wiki')).toBe('running');
  await down.up();
  expect(await mark()).toBe('none');
});

test('a compose project goes down dependents first, comes up what they need first, and what ran before is all that runs after', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  const label = (service: string, needs: readonly string[] = []) => [
    ...composeLabels(quiet.name, service, needs),
    'berth.backup=stop',
  ];
  await quiet.add('app', label('app', ['db', 'cache']));
  await quiet.add('cache', label('cache'));
  await quiet.add('db', label('db'));
  await quiet.add('once', label('once'), { verb: 'create' });
  const group = only(await run.groups());
  expect(group.group.name).toBe(quiet.name);
  expect(group.paths).toHaveLength(4);
  await using down = await run.down(group);
  const at = async (service: string, moment: string) =>
    Date.parse(await quiet.inspect(service, `{{.State.${moment}}}`));
  expect(await at('app', 'FinishedAt')).toBeLessThan(await at('db', 'FinishedAt'));
  await down.up();
  expect(await at('db', 'StartedAt')).toBeLessThan(await at('app', 'StartedAt'));
  expect(await at('cache', 'StartedAt')).toBeLessThan(await at('app', 'StartedAt'));
  const states = await Promise.all(['app', 'cache', 'db', 'once'].map((service) => quiet.stateOf(service)));
  expect(states).toEqual(['running', 'running', 'running', 'created']);
});

test('somebody who starts a container while it is being copied is noticed', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  await quiet.add('wiki', ['berth.backup=stop']);
  await using down = await run.down(only(await run.groups()));
  await dockerOrThrow('start', quiet.called('wiki'));
  await dockerOrThrow('stop', quiet.called('wiki'));
  expect((await down.up()).meanwhile).toEqual([quiet.called('wiki')]);
  expect(await quiet.stateOf('wiki')).toBe('running');
});

test('one that does not end when it is asked to is killed by the engine, and the copy is told to be of a crash', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  await quiet.add('deaf', ['berth.backup=stop'], { script: 'sleep 1000', more: ['--stop-timeout', '1'] });
  const { warnings } = await (await run.down(only(await run.groups()))).up();
  expect(warnings).toEqual([expect.stringContaining('did not end within 1 s and was killed')]);
});

/** A PostgreSQL of this machine's programs, in a container that has its own data, socket, users and processes. */
const addPostgres = async (quiet: Quiet, labels: readonly string[]): Promise<void> => {
  const { bin, env } = await findPostgres();
  const cached = bin.startsWith('/usr/') ? [] : [bin.slice(0, bin.indexOf('/usr/'))];
  const here = ['/usr', '/lib', '/lib64', '/etc/passwd', '/etc/group', ...cached].flatMap((path) => [
    ...['--volume', `${path}:${path}:ro`],
  ]);
  const environment = { ...env, PATH: `${bin}:/usr/bin:/bin`, LC_ALL: 'C.UTF-8' };
  await quiet.add('db', labels, {
    more: [
      ...here,
      ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...['--user', '65534:65534', '--tmpfs', '/var/run/postgresql:mode=1777', '--tmpfs', '/tmp:mode=1777'],
    ],
    script: `initdb -D /tmp/data -U postgres -E UTF8 --locale=C.UTF-8 --no-sync -A trust >/tmp/initdb 2>&1 &&
      exec postgres -D /tmp/data -k /var/run/postgresql -h '' -c fsync=off -c shared_buffers=16MB`,
  });
  const ready = () =>
    execa('docker', ['exec', quiet.called('db'), 'psql', '-U', 'postgres', '-c', 'select 1'], { reject: false });
  await expect.poll(async () => (await ready()).exitCode, { timeout: 90_000, interval: 500 }).toBe(0);
};

test('a database in a container is found by its label, dumped by its own tools in there, and comes back row by row', async () => {
  await using quiet = await withQuiet();
  await using run = await withRun(quiet);
  await using repository = await withRepository('0.18');
  await addPostgres(quiet, ['berth.database=postgres', 'berth.database.user=postgres', 'berth.database.only=shop']);
  const sql = (database: string, statements: string) =>
    dockerOrThrow('exec', quiet.called('db'), 'psql', '-XAtU', 'postgres', '-d', database, '-c', statements);
  await sql('postgres', 'create database shop');
  await sql('shop', 'create table orders as select n, md5(n::text) as word from generate_series(1, 20000) n');
  const rows = 'select count(*), md5(string_agg(word, n::text order by n)) from orders';
  const before = await sql('shop', rows);
  const all = (await containers.list()).filter(({ name }) => name.startsWith(quiet.name));
  const { entry } = only(labelledDatabases(all, []));
  if (entry === null) throw new Error('no entry');
  const database = openDatabase(entry);
  const { dumps, problem } = await repository.dump(database, { world: run.world });
  expect(problem).toBeNull();
  expect(dumps.map(({ outcome, database: name }) => [name, outcome])).toContainEqual(['shop', 'ok']);
  await sql('shop', 'drop table orders');
  const unit = await unitOf(database, 'shop', run.world);
  await repository.restore(database, unit, { kind: 'new', name: 'again' }, run.world);
  expect(await sql('again', rows)).toBe(before);
  await repository.restore(database, unit, { kind: 'live' }, run.world);
  expect(await sql('shop', rows)).toBe(before);
  expect(await run.things.entries()).toEqual([]);
});

test('a tool whose run is stopped ends in its container, with all it started', async () => {
  await using quiet = await withQuiet();
  await quiet.add('wiki');
  const container = await containers.find({ name: quiet.called('wiki') });
  const stop = new AbortController();
  const argv = ['sh', '-c', 'sleep 12345 & yes'] as const;
  let bytes = 0;
  const ended = containers.exec(
    container,
    {
      argv,
      onStdout: (chunk) => {
        bytes += chunk.length;
        if (bytes > 1_000_000) stop.abort();
      },
    },
    stop.signal,
  );
  await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
  const processes = await dockerOrThrow('top', quiet.called('wiki'));
  expect(processes).not.toMatch(/yes|12345/);
});

test('what a tool in a container reads and writes arrives whole, both ways at once', async () => {
  await using quiet = await withQuiet();
  await quiet.add('wiki');
  const container = await containers.find({ name: quiet.called('wiki') });
  const block = Buffer.alloc(64 * 1024, 'berth');
  const stdin = (async function* () {
    for (let turn = 0; turn < 200; turn += 1) yield block;
  })();
  let bytes = 0;
  const end = await containers.exec(
    container,
    {
      argv: ['cat'],
      stdin,
      onStdout: (chunk) => {
        bytes += chunk.length;
      },
    },
    go,
  );
  expect({ end, bytes }).toEqual({ end: { code: 0, stderr: [] }, bytes: 200 * block.length });
});

test('a folder of a container comes out as a tar, and goes back in', async () => {
  await using quiet = await withQuiet();
  await quiet.add('wiki');
  await writeFile(join(quiet.folder, 'wiki/page'), 'words');
  const container = await containers.find({ name: quiet.called('wiki') });
  const tar: Uint8Array[] = [];
  for await (const chunk of await containers.readArchive(container, '/data/page', go)) tar.push(chunk);
  await rm(join(quiet.folder, 'wiki/page'));
  await containers.writeArchive(
    container,
    '/data',
    (async function* () {
      yield* tar;
    })(),
    go,
  );
  expect(await readFile(join(quiet.folder, 'wiki/page'), 'utf8')).toBe('words');
});
