import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, isRoot, repository } from './helpers/receiver.ts';

const berth = [process.execPath, join(repository, 'packages/agent/src/cli.ts')] as const;
let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-daemon-'));
});
afterAll(() => rm(home, { recursive: true }));

const check = async () => {
  const options = { reject: false, timeout: 20_000 } as const;
  const { exitCode, stdout } = await execa(berth[0], [berth[1], 'daemon', '--home', home, '--check'], options);
  return { exitCode, stdout };
};

/** A daemon; as PID 1 of its own where `alone`, as in a container. */
const start = (alone: boolean) => {
  const words = [...(alone ? ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=KILL'] : []), ...berth];
  const [program = '', ...rest] = [...words, 'daemon', '--home', home, '--json'];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const events = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return { child, events };
};

const stop = async (child: ChildProcess, pid: number) => {
  const exit = once(child, 'exit');
  process.kill(pid, 'SIGTERM');
  return exit;
};

test('a home that is not enrolled yet does not end it; it is well; told to stop it stops in good order', async () => {
  const { child, events } = start(false);
  try {
    await eventually('it has woken', 20_000, async () => events().some(({ event }) => event === 'failed'));
    expect(events()[0]).toMatchObject({ event: 'started', at: expect.stringMatching(/Z$/) });
    expect(events()[1]).toMatchObject({ event: 'failed', code: 'config-missing' });
    await eventually('it sleeps, and is well', 20_000, async () => (await check()).exitCode === 0);
    const [code, signal] = await stop(child, child.pid ?? 0);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(events().at(-1)).toMatchObject({ event: 'stopped' });
    expect(await check()).toMatchObject({ exitCode: 1, stdout: 'No daemon runs in this home.' });
  } finally {
    child.kill('SIGKILL');
  }
});

test('killed, it is not well', async () => {
  const { child } = start(false);
  await eventually('it is well', 20_000, async () => (await check()).exitCode === 0);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  expect(await check()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('is gone') });
});

test.runIf(isRoot)('as PID 1 of a container it ends on SIGTERM too (needs root)', async () => {
  await writeFile(join(home, 'agent.yaml'), 'server: 127.0.0.1:1\nname: box\npaths: [/etc]\n');
  const { child, events } = start(true);
  try {
    await eventually('it has woken', 20_000, async () => events().length > 1);
    const { stdout } = await execa('pgrep', ['--parent', String(child.pid)]);
    const [code] = await stop(child, Number(stdout));
    expect(code).toBe(0);
    expect(events().at(-1)).toMatchObject({ event: 'stopped' });
  } finally {
    child.kill('SIGKILL');
  }
});
