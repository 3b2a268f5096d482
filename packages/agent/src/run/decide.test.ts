import { expect, test } from 'vitest';
import { checkPart, isDue, retryDelayMs } from './decide.ts';

const now = new Date('2026-11-14T03:00:00Z');

test('what was never done, or in a future a wrong clock wrote, is due', () => {
  expect(isDue(null, 1000, now)).toBe(true);
  expect(isDue(new Date(now.getTime() + 1), 1000, now)).toBe(true);
  expect(isDue(new Date(now.getTime() - 999), 1000, now)).toBe(false);
  expect(isDue(new Date(now.getTime() - 1000), 1000, now)).toBe(true);
});

test.each([
  [5, 20],
  [100, 1],
  [33, 4],
  [0.4, 250],
  [0.01, 256],
])('checks of %i %% read everything in %i turns', (share, turns) => {
  const subsets = new Set<string>();
  let last = 0;
  for (let index = 0; index < turns; index += 1) {
    const { part, subset } = checkPart(share, last);
    subsets.add(subset);
    last = part;
  }
  expect(subsets.size).toBe(turns);
  expect(checkPart(share, last).part).toBe(1);
});

test('delays double up to the longest, and chance takes away at most half', () => {
  const retry = { first: 1000, longest: 60_000 };
  for (let attempt = 1; attempt < 2000; attempt += 1) {
    const whole = Math.min(60_000, 1000 * 2 ** (attempt - 1));
    expect(retryDelayMs(attempt, retry, () => 0)).toBe(whole / 2);
    expect(retryDelayMs(attempt, retry, () => 1)).toBe(whole);
  }
});
