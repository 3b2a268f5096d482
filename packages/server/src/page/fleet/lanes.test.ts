import { expect, test } from 'vitest';
import { lanesOf as lanesOfSlots, plannedOf } from './lanes.ts';

const hourMs = 3_600_000;
const source = (name: string, startHour: number, hours: number) => ({
  name,
  slots: [{ startsAtMs: startHour * hourMs, lengthMs: hours * hourMs }],
});
const lanesOf = (sources: Parameters<typeof plannedOf>[0], nowMs: number) => lanesOfSlots(plannedOf(sources, nowMs));
const names = (lanes: ReturnType<typeof lanesOf>): readonly (readonly string[])[] =>
  lanes.map((lane) => lane.map((slot) => slot.source));

test('runs that follow one another share a lane, those at once do not', () => {
  const sources = [source('a', 1, 1), source('b', 2, 1), source('c', 1, 2), source('d', 3, 1)];
  expect(names(lanesOf(sources, 0))).toEqual([['a', 'b', 'd'], ['c']]);
});

test('more at once than the server lets run are still all there', () => {
  const sources = Array.from({ length: 5 }, (_, index) => source(`s${index}`, 1, 1));
  expect(lanesOf(sources, 0)).toHaveLength(5);
});

test('what is due since before now begins now, and what takes no time is still seen', () => {
  const slot = lanesOf([source('a', 1, 0)], 5 * hourMs)[0]?.[0];
  expect([slot?.startsAtMs, slot?.endsAtMs]).toEqual([5 * hourMs, 5 * hourMs + 60_000]);
});

test('nothing planned is no lane', () => {
  expect(lanesOf([{ slots: [], name: 'a' }], 0)).toEqual([]);
});
