import { expect, test } from 'vitest';
import { stallLogins } from './helpers/stall.ts';

test('200 stalled connections keep nobody out: 99 % of honest logins succeed, and no stalled child outlives its time', async () => {
  const { logins, left, letsIn } = await stallLogins(200);
  expect(logins.all).toBeGreaterThanOrEqual(5);
  expect(logins.good / logins.all).toBeGreaterThanOrEqual(0.99);
  expect(left).toBe(0);
  expect(letsIn).toBe(true);
});
