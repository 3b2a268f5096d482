import { expect, test } from 'vitest';
import { plan } from './plan.ts';
import { again, minuteMs, night, question, source } from './testing.ts';

/** Four thousand in one window, which they fill to 130 %: most take a few minutes, some an hour and more. */
const fleet = Array.from({ length: 4000 }, (_, index) =>
  source(`h${index}`, { window: night, lengthMs: (2 + (index % 7) + (index % 50 === 0 ? 75 : 0)) * minuteMs }),
);
const concurrency = 42;

test('a window that can not hold its sources costs little more time than one that can', () => {
  const before = plan(question(fleet, { concurrency }));
  const grown = again(fleet, before).map((one, index) =>
    index % 5 === 0 ? { ...one, lengthMs: one.lengthMs + minuteMs } : one,
  );
  const began = process.threadCpuUsage();
  const after = plan(question(grown, { concurrency }));
  const { user } = process.threadCpuUsage(began);
  expect(after.tight).toHaveLength(1);
  // It takes about 0.15 s of one core: ten thousand then take well under a second. Waiting for a busy machine does not count.
  expect(user / 1000).toBeLessThan(600);
});
