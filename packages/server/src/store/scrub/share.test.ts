import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueBytes } from './share.ts';

const day = 86_400_000;

/** Days until a cycle has ended, of a source that has `bytesOn(day)` and a server that runs on the days `isOn` names. */
const daysOfCycle = (days: number, bytesOn: (day: number) => number, isOn: (day: number) => boolean): number => {
  let done = 0;
  let lastRunAt: number | null = null;
  for (let today = 0; ; today += 1) {
    if (!isOn(today)) continue;
    const due = dueBytes({
      now: today * day,
      lastRunAt,
      cycle: { startedAt: 0, bytes: done },
      totalBytes: bytesOn(today),
      scrubMs: days * day,
    });
    lastRunAt = today * day;
    done += due;
    if (done >= bytesOn(today)) return today;
  }
};

test('one run a day ends a cycle in time, however the source grows and shrinks', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 366 }),
      fc.integer({ min: 1, max: 1e12 }),
      fc.integer(),
      (days, bytes, seed) => {
        const bytesOn = (today: number): number => Math.max(1, Math.floor(bytes * (1 + Math.sin(today * seed))));
        expect(daysOfCycle(days, bytesOn, () => true)).toBeLessThan(days);
      },
    ),
  );
});

test('the load is even: each day about its share, none all of it', () => {
  let done = 0;
  for (let today = 0; today < 29; today += 1) {
    const lastRunAt = today === 0 ? null : (today - 1) * day;
    const cycle = { startedAt: 0, bytes: done };
    const due = dueBytes({ now: today * day, lastRunAt, cycle, totalBytes: 30_000, scrubMs: 30 * day });
    expect(due).toBe(1000);
    done += due;
  }
});

test('a server that was off for ten days catches up', () => {
  expect(
    daysOfCycle(
      30,
      () => 1e9,
      (today) => today < 5 || today >= 15,
    ),
  ).toBeLessThan(30);
});

test('a second run at once has nothing to do', () => {
  const cycle = { startedAt: 0, bytes: 1000 };
  expect(dueBytes({ now: 0, lastRunAt: 0, cycle, totalBytes: 30_000, scrubMs: 30 * day })).toBe(0);
});

test('the last run of a cycle checks whatever is left: what was checked may be deleted, and counts for nothing then', () => {
  const cycle = { startedAt: 0, bytes: 90_000 };
  const about = { lastRunAt: 28 * day, cycle, totalBytes: 30_000, scrubMs: 30 * day };
  expect(dueBytes({ ...about, now: 28.5 * day })).toBeLessThan(1000);
  expect(dueBytes({ ...about, now: 29 * day })).toBe(Number.POSITIVE_INFINITY);
});
