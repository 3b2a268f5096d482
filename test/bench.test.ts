import { expect, test } from 'vitest';
import { loadOf, measured, resultOf } from './helpers/bench.ts';
import { isRoot } from './helpers/receiver.ts';

test.runIf(isRoot)(
  'bench:transport measures every work over every transport (needs root)',
  { timeout: 300_000 },
  async () => {
    const result = await resultOf('transport.ts', '--size', '2M', '--rounds', '1', '--rtt', '1');
    const works = ['first', 'unchanged', 'check', 'restore', 'prune'];
    const transports = ['local', 'sftp', 'berth', 'rest-server', 'rest-server-plain'];
    expect(result).toEqual({
      rows: transports.flatMap((transport) => works.map((work) => ({ work, rttMs: 1, transport, seconds: measured }))),
      session: expect.objectContaining({ startMs: measured, rssBytes: measured }),
    });
  },
);

test.runIf(isRoot)('bench:load sees every client through (needs root)', { timeout: 300_000 }, async () => {
  expect(await resultOf('load.ts', '--clients', '3', '--within', '1', '--size', '1M')).toEqual(loadOf('process', 3));
});
