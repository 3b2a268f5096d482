import { expect, test } from 'vitest';
import { localTime } from '../coordinator/plan/local-time.ts';
import { row } from '../coordinator/testing.ts';
import { slotsOf } from './slots.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const hourMs = 3_600_000;
const source = (startsInHours: readonly number[], everyMs: number, hasAgent = true) => ({
  ...row('laptop', { everyMs, hasAgent }),
  lengthsMs: [20 * 60_000],
  slots: startsInHours.map((hours) => ({
    ...{ startsAtMs: nowMs + hours * hourMs, endsAtMs: nowMs + (hours + 1) * hourMs, closesAtMs: null },
  })),
});
const hours = (...about: [ReturnType<typeof source>, string | null]) =>
  slotsOf(...about, localTime('UTC'), nowMs).map(({ startsAtMs }) => (startsAtMs - nowMs) / hourMs);

test('what begins within a day is shown with how long it will take, and nothing that has begun', () => {
  const daily = source([-10, 14, 38], 24 * hourMs);
  expect(slotsOf(daily, null, localTime('UTC'), nowMs)).toEqual([
    { startsAtMs: nowMs + 14 * hourMs, lengthMs: 20 * 60_000 },
  ]);
});

test('one that runs often is shown for the whole day, though only a few slots of it are kept', () => {
  expect(hours(source([-2, 0.5, 2.5], 2 * hourMs), null)).toEqual([
    0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5, 20.5, 22.5,
  ]);
  expect(hours(source([-2, 0.5, 2.5], 2 * hourMs), '12:00-16:00')).toEqual([0.5, 2.5]);
  expect(hours(source([0.25], hourMs / 60), null).length).toBeLessThanOrEqual(96);
});

test('slots that were planned long ago, by a coordinator that is gone, are not taken for those to come', () => {
  expect(hours(source([-49], 24 * hourMs), null)).toEqual([23]);
  expect(hours(source([], hourMs), null)).toEqual([]);
  expect(hours(source([5], hourMs, false), null)).toEqual([]);
});
