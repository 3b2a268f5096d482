import { expect, test } from 'vitest';
import { measured, resultOf } from './helpers/bench.ts';

const latency = { requests: measured, p50Ms: measured, p99Ms: measured, maxMs: measured };

test('bench:control sees every agent through, and loses no report', { timeout: 60_000 }, async () => {
  expect(await resultOf('control.ts', '--agents', '100', '--seconds', '2', '--lanes', '8')).toEqual({
    ...{ agents: 100, lost: 0, twice: 0, failures: 0, appliedMs: measured },
    fast: { ...latency, requests: 700, perSecond: measured, seconds: measured },
    rated: { ...latency, perSecond: measured, cpuShare: measured },
    queue: { ...latency, waiting: 98, requests: 100, longest: latency },
    memory: { idleBytes: measured, peakBytes: measured },
  });
});
