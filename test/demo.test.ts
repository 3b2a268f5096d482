import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostTraces, type Traces } from '../scripts/demo/steps/host.ts';
import { asRootlessAccount, isRoot, repository, rootlessAccount, rootlessRepository } from './helpers/receiver.ts';

const needsRoot = 'needs root, to become somebody else';
const [demo, node] = ['scripts/demo/main.ts', 'node_modules/node/bin/node'];

let directory = '';
let before: Traces | null = null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-'));
  before = await hostTraces();
});

afterEach(() => rm(directory, { recursive: true }));

/** The demo's environment: its temporary files go where this test can see that none is left. */
const environment = () => ({ TMPDIR: directory, HOME: directory });

const run = async ([program = '', ...words]: readonly string[]) => {
  const options = { reject: false, stdin: 'ignore', timeout: 150_000, env: environment(), all: true } as const;
  const { exitCode, all } = await execa(program, words, options);
  return { exitCode, said: all };
};

const expectNothingLeft = async () => {
  expect(await readdir(directory)).toEqual([]);
  expect(await hostTraces()).toEqual(before);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  expect(commands.filter((command) => command.includes(directory))).toEqual([]);
};

/** The table at the end, by its marks. */
const marksIn = (said: string) =>
  [...said.slice(said.lastIndexOf('The main job')).matchAll(/^ {2}([✓✗–]) \S/gm)].map(([, mark]) => mark);

test('keeps every promise, and leaves nothing behind', { timeout: 180_000 }, async () => {
  const { exitCode, said } = await run([join(repository, node), join(repository, demo)]);
  expect(said).toMatch(/^All \d+ promises held in /m);
  expect(exitCode).toBe(0);
  expect(marksIn(said)).toHaveLength(20);
  expect(said).not.toContain('\u001b');
  await expectNothingLeft();
});

test.skipIf(!isRoot)(`without root says what it lacks (${needsRoot})`, { timeout: 180_000 }, async () => {
  await chown(directory, rootlessAccount.uid, rootlessAccount.uid);
  const words = [node, demo].map((path) => join(rootlessRepository, path));
  const { exitCode, said } = await run(asRootlessAccount(words));
  expect(said).toMatch(/^All \d+ promises held in /m);
  expect(exitCode).toBe(0);
  expect(said).toContain('NOT kept out without root');
  // Not all of /etc is for everyone to read.
  expect(said).toMatch(/ \d+ not readable, and it says so/);
  const admitted = 1 + Number(said.includes('NO JAIL'));
  expect(marksIn(said).filter((mark) => mark === '–')).toHaveLength(admitted);
  await expectNothingLeft();
});

test('cleans up after Ctrl-C', { timeout: 90_000 }, async () => {
  const child = spawn(join(repository, node), [join(repository, demo)], {
    env: { ...process.env, ...environment() },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  let said = '';
  let interrupted = false;
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text;
    if (!interrupted && said.includes('berth backup')) interrupted = child.kill('SIGINT');
  }
  expect(await exit).toEqual([130, null]);
  expect(said).toContain('Stopped.');
  expect(said).not.toContain('promises');
  await expectNothingLeft();
});

test.skipIf(!isRoot)(`where it may not install, says the one command and stops (${needsRoot})`, async () => {
  const start = [node, 'scripts/start.mjs', demo].map((path, index) =>
    index < 2 ? join(rootlessRepository, path) : path,
  );
  const withoutRestic = 'mount --bind /dev/null "$(command -v restic)"';
  const { exitCode, said } = await run(asRootlessAccount(start, withoutRestic));
  expect(exitCode).toBe(1);
  expect(said).toMatch(/^ {2}sudo apt-get install -y --no-install-recommends restic$/m);
  await expectNothingLeft();
});
