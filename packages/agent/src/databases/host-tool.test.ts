import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runHostTool } from './host-tool.ts';
import type { ToolCommand } from './tool.ts';

const never = new AbortController().signal;
const env = { PATH: process.env['PATH'] ?? '', HOME: '/home/of-berth', SECRET: 'of berth' };
const run = (script: string, more: Partial<ToolCommand> = {}, signal = never) =>
  runHostTool({ argv: ['/bin/sh', '-c', script], ...more }, env, signal);

const collected = () => {
  const chunks: Uint8Array[] = [];
  return { onStdout: (chunk: Uint8Array) => void chunks.push(chunk), text: () => Buffer.concat(chunks).toString() };
};

describe.skipIf(process.platform === 'win32')('a tool on this machine', () => {
  test('ends with its code, what it said on its way, and its output piece by piece', async () => {
    const out = collected();
    const end = await run('echo out; printf "one\\ntw\\033[1mo\\a\\n" >&2; exit 3', { onStdout: out.onStdout });
    expect(end).toEqual({ code: 3, stderr: ['one', 'two '] });
    expect(out.text()).toBe('out\n');
  });

  test('sees PATH, HOME, LC_ALL and what the command brings, and nothing else of ours', async () => {
    const out = collected();
    await run('env', { env: { PGUSER: 'x' }, onStdout: out.onStdout });
    expect(out.text()).toContain('HOME=/home/of-berth\n');
    expect(out.text()).toContain('LC_ALL=C.UTF-8\n');
    expect(out.text()).toContain('PGUSER=x\n');
    expect(out.text()).not.toContain('SECRET');
  });

  test('is told as missing where it is, and is ended by a signal without a code', async () => {
    await expect(runHostTool({ argv: ['/no/such/tool'] }, env, never)).rejects.toMatchObject({ code: 'tool-missing' });
    expect(await run('kill -9 $$')).toMatchObject({ code: null });
  });

  test('reads its input whole, and may stop reading early', async () => {
    const out = collected();
    const chunk = new Uint8Array(65_536);
    const input = async function* () {
      for (let n = 0; n < 40; n += 1) yield chunk;
    };
    await run('wc -c', { stdin: input(), onStdout: out.onStdout });
    expect(out.text().trim()).toBe(String(40 * 65_536));
    expect(await run('head -c 1 >/dev/null; exit 0', { stdin: input() })).toMatchObject({ code: 0 });
  });

  test.skipIf(process.platform !== 'linux')(
    'is not waited for without end where something of it left its group',
    async () => {
      const out = collected();
      const over = new AbortController();
      const onStdout = (chunk: Uint8Array): void => {
        out.onStdout(chunk);
        over.abort();
      };
      const argv = ['/bin/sh', '-c', 'setsid sh -c "echo \\$\\$; exec sleep 300" & wait'] as const;
      await expect(runHostTool({ argv, onStdout }, env, over.signal, 100)).rejects.toMatchObject({ code: 'cancelled' });
      process.kill(Number(out.text()), 'SIGKILL');
    },
  );

  test('is ended when its input breaks off, whose reason is thrown on: nothing takes that for an end', async () => {
    const broken = async function* () {
      yield new TextEncoder().encode('half');
      throw new Error('the line was cut');
    };
    const folder = await mkdtemp(join(tmpdir(), 'berth-tool-'));
    const file = join(folder, 'ended-well');
    await expect(run(`cat >/dev/null && touch ${file}`, { stdin: broken() })).rejects.toThrow('the line was cut');
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await rm(folder, { recursive: true });
  });

  test('is ended when nobody can take its output, whose reason is thrown on', async () => {
    const onStdout = () => {
      throw new Error('no room');
    };
    await expect(run('yes', { onStdout })).rejects.toThrow('no room');
  });

  test('waits while its output waits', async () => {
    let held = 0;
    let most = 0;
    const onStdout = async () => {
      held += 1;
      most = Math.max(most, held);
      await sleep(1);
      held -= 1;
    };
    await run('head -c 1000000 /dev/zero', { onStdout });
    expect(most).toBe(1);
  });

  test('ends with all it started when it is cancelled, and is not started afterwards', async () => {
    const cancel = new AbortController();
    const seen = new AbortController();
    let pid = 0;
    const running = run(
      'sleep 1000 & echo $!; wait',
      {
        onStdout: (chunk) => {
          pid = Number(Buffer.from(chunk).toString());
          seen.abort();
        },
      },
      cancel.signal,
    );
    await once(seen.signal, 'abort');
    cancel.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect(run('true', {}, cancel.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('runs as another user, with their home, where root runs berth', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root runs a program as somebody else');
    const out = collected();
    await run('id -un; id -Gn; pwd; echo "$HOME"', { as: 'nobody', onStdout: out.onStdout });
    expect(out.text()).toBe('nobody\nnogroup\n/\n/nonexistent\n');
  });
});

/** A zombie that nobody waits for any more is no process. */
const isAlive = async (pid: number): Promise<boolean> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text !== null && !/\) Z /.test(text);
};
