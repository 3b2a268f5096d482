import { expect, test } from 'vitest';
import { pacedAt } from './pace.ts';

const clock = () => {
  let time = 0;
  return {
    nowMs: () => time,
    sleep: async (millis: number) => {
      time += millis;
    },
  };
};

test('reading is held to its rate, whatever the size of what is read', async () => {
  for (const chunk of [300, 65_536, 3_000_000]) {
    const { nowMs, sleep } = clock();
    const pace = pacedAt({ bytesPerSecond: 1_000_000, nowMs, sleep });
    for (let read = 0; read < 30_000_000; read += chunk) await pace(chunk);
    expect(nowMs()).toBeGreaterThan(29_700);
    expect(nowMs()).toBeLessThan(33_000);
  }
});

test('time that was not used is not made up for: after a pause of an hour a quarter of a second is free', async () => {
  const { nowMs, sleep } = clock();
  const pace = pacedAt({ bytesPerSecond: 1_000_000, nowMs, sleep });
  await pace(1_000_000);
  await sleep(3_600_000);
  const before = nowMs();
  await pace(250_000);
  expect(nowMs() - before).toBe(0);
  await pace(1_000_000);
  expect(nowMs() - before).toBe(1000);
});
