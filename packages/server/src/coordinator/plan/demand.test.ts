import { expect, test } from 'vitest';
import { cadence } from './demand.ts';
import { dayMs, hourMs, minuteMs } from './testing.ts';

test.each([
  ['whole days', dayMs, 1, 1],
  ['a day and a half is a day: never less often than was asked', 36 * hourMs, 1, 1],
  ['a week', 7 * dayMs, 7, 1],
  ['seven hours: four times a day, never less often', 7 * hourMs, 1, 4],
  ['a quarter of an hour', 15 * minuteMs, 1, 96],
])('%s', (_, everyMs, periodDays, runsADay) => {
  expect(cadence(everyMs)).toEqual({ periodDays, runsADay });
});
