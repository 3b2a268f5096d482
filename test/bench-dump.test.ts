import { expect, test } from 'vitest';
import { measured, resultOf } from './helpers/bench.ts';

test('bench:dump measures a database on its way into a snapshot, by hand and by berth', async () => {
  const way = { seconds: measured, cpuSeconds: measured };
  expect(await resultOf('dump.ts', '--size', '4M', '--rounds', '1')).toEqual({
    bytes: 4 * 1024 * 1024,
    rounds: 1,
    results: ['0.14', '0.18'].map((restic) => ({ restic, hand: way, berth: way, ratio: measured })),
  });
});
