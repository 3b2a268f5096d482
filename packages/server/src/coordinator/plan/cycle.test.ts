import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cycleDays, emptyCycle } from './cycle.ts';
import { demandOf } from './demand.ts';
import { dayMs, hourMs, minuteMs, source } from './testing.ts';

const daily = demandOf(source('daily', { window: null }));
const weekly = demandOf(source('weekly', { window: null, everyMs: 7 * dayMs }));
const often = demandOf(source('often', { window: null, everyMs: 6 * hourMs, lengthMs: minuteMs }));
const at = (minute: number, day = 0) => ({ minute, day });

test('a cycle has every combination of the periods, as far as that is not too long', () => {
  const every = (...days: readonly number[]) => days.map((one) => demandOf(source('a', { everyMs: one * dayMs })));
  expect([every(1), every(7, 1), every(7, 2), every(7, 9), every(365)].map(cycleDays)).toEqual([1, 7, 14, 60, 60]);
});

test('what runs on one day is in the way there, and in the way of what runs every day', () => {
  const cycle = emptyCycle(7, 20_000);
  cycle.add(weekly, at(60, 3));
  expect(cycle.level(weekly, at(75, 3), 9)).toBe(1);
  expect(cycle.level(weekly, at(75, 4), 9)).toBe(0);
  expect(cycle.level(daily, at(75), 9)).toBe(1);
  expect(cycle.level(daily, at(90), 9)).toBe(0);
});

test('what runs over midnight is there on the next day, and after the last day on the first', () => {
  const cycle = emptyCycle(7, 20_000);
  cycle.add(weekly, at(1430, 6));
  expect(cycle.level(weekly, at(10, 0), 9)).toBe(1);
  expect(cycle.level(weekly, at(10, 6), 9)).toBe(0);
});

test('several runs a day are all there', () => {
  const cycle = emptyCycle(1, 20_000);
  cycle.add(often, at(10));
  expect([10, 370, 730, 1090, 11].map((minute) => cycle.level({ ...daily, minutes: 1 }, at(minute), 9))).toEqual([
    1, 1, 1, 1, 0,
  ]);
});

test('what is taken away leaves nothing behind', () => {
  const anyDemand = fc.constantFrom(daily, weekly, often);
  const anyPlaced = fc.record({ demand: anyDemand, minute: fc.nat(239), day: fc.nat(6) });
  const placeOf = ({ demand, minute, day }: { demand: typeof daily; minute: number; day: number }) =>
    at(minute, demand.periodDays === 1 ? 0 : day);
  fc.assert(
    fc.property(fc.array(anyPlaced, { maxLength: 6 }), fc.array(anyPlaced, { maxLength: 6 }), (stay, go) => {
      const [one, other] = [emptyCycle(7, 20_000), emptyCycle(7, 20_000)];
      for (const placed of [...stay, ...go]) one.add(placed.demand, placeOf(placed));
      for (const placed of go) one.remove(placed.demand, placeOf(placed));
      for (const placed of stay) other.add(placed.demand, placeOf(placed));
      expect([...one.levels(daily, 0)]).toEqual([...other.levels(daily, 0)]);
      expect(one.emptiestDays(7)).toEqual(other.emptiestDays(7));
    }),
    { numRuns: 30 },
  );
});
