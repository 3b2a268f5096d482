import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { needTheMachine, registry } from '../experiments/registry.ts';
import { type Answered, disorder } from '../experiments/support/durable-order.ts';
import { parseStrace } from '../experiments/support/strace.ts';
import { expectToHold } from './helpers/holds.ts';
import { eventually, repository } from './helpers/receiver.ts';

const main = join(repository, 'experiments/main.ts');

expectToHold(registry.filter(({ id }) => !needTheMachine.includes(id)));

const experiments = (...words: readonly string[]) =>
  execa(process.execPath, [main, ...words], { reject: false, stdin: 'ignore', timeout: 60_000 });

test('every experiment has a number of its own, and they run in this order', () => {
  const ids = registry.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
});

test('a number or a word that npm run experiments does not know is an error that names what there is', async () => {
  const unknown = await experiments('--only', '3,99');
  expect([unknown.exitCode, unknown.stdout]).toEqual([2, '']);
  expect(unknown.stderr).toContain('There is no experiment “99”.');
  for (const { id, name } of registry) expect(unknown.stderr).toContain(`${id}  ${name}`);
  expect(await experiments('--only', '')).toMatchObject({ exitCode: 2 });
  const flag = await experiments('--fast');
  expect([flag.exitCode, flag.stderr]).toEqual([2, "Unknown option '--fast'.\nType: npm run experiments -- --help"]);
  const help = await experiments('--help');
  expect([help.exitCode, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toContain('npm run experiments -- --only 7 --full');
});

test('--json ends with one line for programs, and the exit status is 0 when all have held', async () => {
  const { exitCode, stdout } = await experiments('--only', '9', '--json');
  const result: unknown = JSON.parse(stdout.split('\n').at(-1) ?? '');
  expect(result).toEqual([{ id: 9, name: expect.any(String), held: true, figure: expect.any(String) }]);
  expect(exitCode).toBe(0);
});

test('Ctrl-C ends everything that the experiments have started, and leaves no file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-interrupted-'));
  try {
    const child = spawn(process.execPath, [main, '--only', '2,10'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: folder },
      // As a shell's job: Ctrl-C reaches all of it at once.
      detached: true,
    });
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stderr })) if (line.includes('in the trace')) break;
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await exited).toEqual([130, null]);
    await eventually('nothing of it runs', 5000, async () => (await processesWith(folder)).length === 0);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** The processes that were started with `text` in their words or their environment. */
const processesWith = async (text: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const parts = ['cmdline', 'environ'].map((name) => readFile(join('/proc', pid, name), 'utf8').catch(() => ''));
    if ((await Promise.all(parts)).join('\n').includes(text)) found.push(pid);
  }
  return found;
};

/** A trace of one upload to stream 1 under this name, and its lines. */
const name = 'a'.repeat(64);
const upload: readonly (readonly [string, string])[] = [
  ['file write', 'write(21</incoming/1/1>, "6f626a656374", 6) = 6'],
  ['file sync', 'fsync(21</incoming/1/1>) = 0'],
  ['link', `link("/incoming/1/1", "/repo/data/aa/${name}") = 0`],
  ['folder sync', 'fsync(22</repo/data/aa>) = 0'],
  ['record', `write(23</journal/2026-11.jsonl>, "${Buffer.from(`{"name":"${name}"}\n`).toString('hex')}", 77) = 77`],
  ['journal sync', 'fsync(23</journal/2026-11.jsonl>) = 0'],
  ['answer', 'write(1<pipe:[1]>, "00000101040000000188", 10) = 10'],
];
const answered: readonly Answered[] = [{ stream: 1, name }];
/** As strace -xx writes it: every string in hexadecimal, the paths too. */
const hexed = (text: string): string =>
  text
    .replace(/"(\/[^"]*)"/g, (_, path: string) => `"${Buffer.from(path).toString('hex')}"`)
    .replace(/<([^>]*)>/, (_, path: string) => `<${Buffer.from(path).toString('hex')}>`)
    .replace(/[0-9a-f]{2}(?=[0-9a-f]*[">])/g, '\\x$&');
const judged = (lines: readonly (readonly [string, string])[]) =>
  disorder(parseStrace(lines.map(([, text]) => `7 ${hexed(text)}`).join('\n')), answered);

describe('the trace of an upload is refused', () => {
  test('not when every sync is there, in its order', () => {
    expect(judged(upload)).toEqual([]);
  });

  test.each(upload.map(([step]) => step))('without its %s', (step) => {
    expect(judged(upload.filter(([other]) => other !== step))).toHaveLength(1);
  });

  test.each(['file sync', 'folder sync', 'journal sync'])('when its %s fails, or comes after its answer', (step) => {
    const line = upload.find(([other]) => other === step) ?? ['', ''];
    expect(judged([...upload.filter((other) => other !== line), line])).toHaveLength(1);
    expect(
      judged(upload.map((other) => (other === line ? [step, line[1].replace('= 0', '= -1 EIO')] : other))),
    ).toHaveLength(1);
  });

  test('when a sync had only begun before the answer', () => {
    const lines = upload.map(([step, text]) =>
      step === 'journal sync' ? `8 ${hexed(text).replace(') = 0', ' <unfinished ...>')}` : `7 ${hexed(text)}`,
    );
    const trace = [...lines, '8 <... fsync resumed>) = 0'].join('\n');
    expect(disorder(parseStrace(trace), answered)).toEqual([
      `${name}: the sync of the journal is not to be seen before its 200`,
    ]);
  });
});
