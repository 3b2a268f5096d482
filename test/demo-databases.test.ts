import { chmod, chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostTraces, type Traces } from '../scripts/demo/steps/host.ts';
import { asRootlessAccount, isRoot, repository, rootlessAccount, rootlessRepository } from './helpers/receiver.ts';

const words = ['node_modules/node/bin/node', 'scripts/demo-databases/main.ts'];

let directory = '';
let before: Traces | null = null;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-'));
  // PostgreSQL's account walks through it.
  await chmod(directory, 0o711);
  before = await hostTraces();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const tell = async ([program = '', ...rest]: readonly string[]): Promise<void> => {
  const options = { reject: false, stdin: 'ignore', timeout: 280_000, all: true } as const;
  const { exitCode, all } = await execa(program, rest, { ...options, env: { TMPDIR: directory, HOME: directory } });
  expect(all).toMatch(/^All 14 promises held in /m);
  expect(exitCode).toBe(0);
  expect(await readdir(directory)).toEqual([]);
  expect(await hostTraces()).toEqual(before);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  expect(commands.filter((command) => command.includes(directory))).toEqual([]);
};

test('demo:databases keeps every promise, and leaves nothing behind', { timeout: 300_000 }, () =>
  tell(words.map((path) => join(repository, path))),
);

test.skipIf(!isRoot)('and without root, too (needs root, to become somebody else)', { timeout: 300_000 }, async () => {
  await chown(directory, rootlessAccount.uid, rootlessAccount.uid);
  await tell(asRootlessAccount(words.map((path) => join(rootlessRepository, path))));
});
