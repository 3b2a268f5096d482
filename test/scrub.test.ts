import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Machine } from './helpers/machine.ts';
import { eventually, type TestReceiver, withReceiver } from './helpers/receiver.ts';

let receiver: TestReceiver;
let machine: Machine;
let directory: string;
beforeAll(async () => {
  receiver = await withReceiver();
  machine = await Machine.make();
  await machine.enrol(receiver);
  expect((await machine.berth('backup')).exitCode).toBe(0);
  directory = join(receiver.dataDir, 'sources/laptop');
});
afterAll(async () => {
  await machine[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const scrub = (...words: readonly string[]) => receiver.cli('scrub', 'laptop', ...words, '--data', receiver.dataDir);
/** Whether a scrub that the process `pid` started, itself or through others, is reading an object now. */
const isReading = async (pid: number): Promise<boolean> => {
  const { stdout } = await execa('ps', ['-eo', 'pid=,ppid=,args=']);
  const processes = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []);
  const below = new Set([String(pid)]);
  // A parent has nearly always the lower number, so once more for the rest.
  for (const _ of [1, 2]) for (const [, own = '', parent = ''] of processes) if (below.has(parent)) below.add(own);
  const jobs = processes.filter(
    ([, own = '', , args = '']) => below.has(own) && args.includes('scrub --source laptop'),
  );
  for (const [, job = ''] of jobs) {
    const open = await readdir(`/proc/${job}/fd`).catch(() => []);
    const files = await Promise.all(open.map((file) => readlink(`/proc/${job}/fd/${file}`).catch(() => '')));
    if (files.some((file) => file.includes('/repo/data/'))) return true;
  }
  return false;
};
const answer = z.object({
  checked: z.number(),
  bad: z.array(z.unknown()),
  cycle: z.object({ objects: z.number(), endedAt: z.number().nullable() }),
  stopped: z.string().nullable(),
});

test('everything a backup stored is good', async () => {
  const { exitCode, stdout } = await scrub('--all');
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('all good')]);
});

test('Ctrl-C stops a slow scrub at once, and the next goes on where it was', async () => {
  const words = ['scrub', 'laptop', '--all', '--rate', '20K', '--json', '--data', receiver.dataDir];
  const [file = '', ...rest] = receiver.cliCommand();
  const slow = execa(file, [...rest, ...words], { reject: false, cwd: '/', timeout: 60_000 });
  // A pack takes it more than a minute.
  await eventually('it reads', 30_000, () => isReading(slow.pid ?? 0));
  const asked = performance.now();
  slow.kill('SIGINT');
  const { exitCode, stdout } = await slow;
  expect(performance.now() - asked).toBeLessThan(8_000);
  expect(exitCode).toBe(1);
  const stopped = answer.parse(JSON.parse(stdout ?? ''));
  expect(stopped).toMatchObject({ stopped: 'signal', bad: [], cycle: { endedAt: null } });
  const next = answer.parse(JSON.parse((await scrub('--json')).stdout));
  expect(next.cycle.objects).toBe(stopped.cycle.objects + next.checked);
});

test('a changed byte is found and named, with exit code 3, and what is in quarantine is served no more', async () => {
  const [shard = ''] = (await readdir(join(directory, 'repo/data'), { recursive: true })).filter((path) =>
    /\/[0-9a-f]{64}$/.test(path),
  );
  const pack = join(directory, 'repo/data', shard);
  const bytes = await readFile(pack);
  bytes[100] = (bytes[100] ?? 0) ^ 0x10;
  await writeFile(pack, bytes);
  const { exitCode, stdout } = await scrub('--all');
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining(`BAD  data/${shard.split('/')[1]}`)]);
  expect(await readdir(join(directory, 'quarantine/data'))).toHaveLength(1);
  expect(answer.parse(JSON.parse((await scrub('--all', '--json')).stdout)).bad).toEqual([]);
});

test('a source of plain files is refused with what there is instead', async () => {
  const key = await receiver.makeKey();
  await receiver.writeSources({ phone: { uid: 31_000, keys: [key.line], more: { access: 'sftp' } } });
  await eventually('phone is in force', 20_000, async () => {
    const { stdout } = await receiver.cli('sources', '--data', receiver.dataDir);
    return stdout.includes('phone');
  });
  const { exitCode, stderr } = await receiver.cli('scrub', 'phone', '--data', receiver.dataDir);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('by SFTP')]);
});
