import { expect, test } from 'vitest';
import { measured, resultOf } from './helpers/bench.ts';

test('bench:told measures digest, page, metrics and alerts for fleets of every size', async () => {
  const times = { digestMs: measured, pageMs: measured, metricsMs: measured, alertsMs: measured };
  expect(await resultOf('told.ts', '--sources', '10,100', '--rounds', '1')).toEqual([
    { sources: 10, ...times },
    { sources: 100, ...times },
  ]);
});
