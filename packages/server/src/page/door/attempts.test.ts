import { expect, test } from 'vitest';
import { attemptsOf } from './attempts.ts';

const start = () => {
  let nowMs = 0;
  const attempts = attemptsOf(() => nowMs);
  const wrong = (address: string, times: number): void => {
    for (let index = 0; index < times; index += 1) attempts.wrong(address);
  };
  const go = (ms: number): void => {
    nowMs += ms;
  };
  return { attempts, wrong, go };
};

test('five wrong passwords are free, then each makes the wait longer, up to a minute', () => {
  const { attempts, wrong } = start();
  wrong('192.0.2.1', 4);
  expect(attempts.waitMs('192.0.2.1')).toBe(0);
  const waits = Array.from({ length: 9 }, () => {
    wrong('192.0.2.1', 1);
    return attempts.waitMs('192.0.2.1');
  });
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  expect(attempts.waitMs('192.0.2.2')).toBe(0);
});

test('a wait passes, a right password ends it, and a quarter of an hour forgets it', () => {
  const { attempts, wrong, go } = start();
  wrong('192.0.2.1', 6);
  go(2000);
  expect(attempts.waitMs('192.0.2.1')).toBe(0);
  wrong('192.0.2.1', 1);
  expect(attempts.waitMs('192.0.2.1')).toBe(4000);
  attempts.right('192.0.2.1');
  expect(attempts.waitMs('192.0.2.1')).toBe(0);
  wrong('192.0.2.1', 8);
  go(16 * 60_000);
  wrong('192.0.2.1', 1);
  expect(attempts.waitMs('192.0.2.1')).toBe(0);
});

test('who has a whole /64 is one, however an address is written', () => {
  const { attempts, wrong } = start();
  for (const address of ['2001:db8::1', '2001:db8:0:0:1::2', '2001:0db8:0000:0000:ffff::9', '2001:db8::1%eth0'])
    wrong(address, 2);
  expect(attempts.waitMs('2001:db8::77')).toBeGreaterThan(0);
  expect(attempts.waitMs('2001:db8:0:1::1')).toBe(0);
  wrong('::ffff:192.0.2.1', 6);
  expect(attempts.waitMs('192.0.2.1')).toBeGreaterThan(0);
});

test('no more than a thousand addresses are remembered', () => {
  const { attempts, wrong } = start();
  wrong('192.0.2.1', 6);
  for (let index = 0; index < 1000; index += 1) wrong(`10.0.${index >> 8}.${index & 255}`, 1);
  expect(attempts.waitMs('192.0.2.1')).toBe(0);
});
