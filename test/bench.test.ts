import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isRoot, repository } from './helpers/receiver.ts';

const seconds = expect.any(Number);

/** The last line of a benchmark, which is its result. Rejects with its words when it fails. */
const resultOf = async (script: string, ...words: readonly string[]): Promise<unknown> => {
  const file = join(repository, 'bench', script);
  const { stdout } = await execa(process.execPath, [file, '--json', ...words], { timeout: 280_000 });
  return JSON.parse(stdout.split('\n').at(-1) ?? '');
};

test.runIf(isRoot)(
  'bench:transport measures every work over every transport (needs root)',
  { timeout: 300_000 },
  async () => {
    const result = await resultOf('transport.ts', '--size', '2M', '--rounds', '1', '--rtt', '1');
    const works = ['first', 'unchanged', 'check', 'restore', 'prune'];
    const transports = ['local', 'sftp', 'berth', 'rest-server', 'rest-server-plain'];
    expect(result).toEqual({
      rows: transports.flatMap((transport) => works.map((work) => ({ work, rttMs: 1, transport, seconds }))),
      session: expect.objectContaining({ startMs: seconds, rssBytes: expect.any(Number) }),
    });
  },
);

test.runIf(isRoot)('bench:load sees every client through (needs root)', { timeout: 300_000 }, async () => {
  expect(await resultOf('load.ts', '--clients', '3', '--within', '1', '--size', '1M')).toEqual({
    clients: 3,
    completed: 3,
    seconds,
    connect: { p50Ms: seconds, p99Ms: seconds },
    server: { idleBytes: expect.any(Number), peakBytes: expect.any(Number), cpuSeconds: seconds },
  });
});
