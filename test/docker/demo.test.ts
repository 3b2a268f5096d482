import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { asRootlessAccount, eventually, repository, rootlessRepository } from '../helpers/receiver.ts';
import { dockerOrThrow } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

const demo = [join(repository, 'node_modules/node/bin/node'), join(repository, 'scripts/demo/main.ts')] as const;

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-docker-'));
});
afterEach(() => rm(directory, { recursive: true }));

const environment = () => ({ TMPDIR: directory, HOME: directory });

const containers = ['ps', '--all', '--no-trunc', '--format', '{{.Names}} {{.Mounts}}'];

/** What the engine has of this demo: it names everything after its own temporary directory. */
const leftInEngine = async (said: string): Promise<readonly string[]> => {
  const name = /berth-demo-\w+/.exec(said)?.[0]?.toLowerCase() ?? 'no name was said';
  const lists = [
    containers,
    ['network', 'ls', '--format', '{{.Name}}'],
    ['volume', 'ls', '--format', '{{.Name}} {{.Labels}}'],
  ];
  const lines = (await Promise.all(lists.map((list) => dockerOrThrow(...list)))).join('\n').split('\n');
  return lines.filter((line) => line.includes(name) || line.includes(directory));
};

const expectNothingLeft = async (said: string): Promise<void> => {
  expect(await readdir(directory)).toEqual([]);
  expect(await leftInEngine(said)).toEqual([]);
};

test.each([
  ['--docker', 'berth-server up'],
  ['--docker=compose', '--file demo.yaml up --detach'],
])('%s keeps every promise in the container, and leaves nothing behind', { timeout: 300_000 }, async (form, typed) => {
  const [program, script] = demo;
  const { exitCode, all: said } = await execa(program, [script, form], {
    reject: false,
    stdin: 'ignore',
    timeout: 280_000,
    env: environment(),
    all: true,
  });
  expect(said).toMatch(/^All 21 promises held in /m);
  expect(exitCode).toBe(0);
  expect(said).toContain(typed);
  expect(said).toMatch(/healthy on port \d+, a UID per source, jail: landlock/);
  const table = said.slice(said.lastIndexOf('The main job'));
  expect([...table.matchAll(/^ {2}✓ \S/gm)]).toHaveLength(21);
  await expectNothingLeft(said);
});

test.each([
  ['--docker', 'berth backup'],
  // As soon as there is a container: for `up`, the one that only looks at the settings and has no name of the demo's.
  ['--docker', 'berth-server up --image'],
  ['--docker=compose', 'up --detach'],
])('%s cleans up after Ctrl-C at %s', { timeout: 180_000 }, async (form, moment) => {
  const [program, script] = demo;
  const child = spawn(program, [script, form], {
    env: { ...process.env, ...environment() },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  let said = '';
  let isStopped = false;
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text;
    if (isStopped || !said.includes(moment)) continue;
    isStopped = true;
    await eventually('a container is there', 20_000, async () =>
      (await dockerOrThrow(...containers)).includes(directory),
    );
    child.kill('SIGINT');
  }
  expect(await exit).toEqual([130, null]);
  expect(said).toContain('Stopped.');
  expect(said).not.toContain('promises');
  await expectNothingLeft(said);
});

test('where it can not play, says the one command to type', async () => {
  const [program, ...words] = asRootlessAccount([
    ...['node_modules/node/bin/node', 'scripts/demo/main.ts'].map((path) => join(rootlessRepository, path)),
    '--docker=compose',
  ]);
  const unable = await execa(program ?? '', words, { reject: false, env: environment() });
  expect(unable).toMatchObject({ exitCode: 1, stdout: '' });
  expect(unable.stderr).toMatch(/^ {2}sudo npm run demo -- --docker=compose$/m);

  const alone = { DOCKER_HOST: 'unix:///nowhere.sock', PATH: directory };
  const noEngine = await execa(demo[0], [demo[1], '--docker'], { reject: false, env: alone });
  expect(noEngine).toMatchObject({ exitCode: 1, stdout: '' });
  expect(noEngine.stderr).toMatch(/no Docker engine answers.*\n {2}npm run demo -- --docker$/m);

  const unknown = await execa(demo[0], [demo[1], '--podman'], { reject: false });
  expect(unknown).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('npm run demo -- --docker=compose') });
  expect(await readdir(directory)).toEqual([]);
});
