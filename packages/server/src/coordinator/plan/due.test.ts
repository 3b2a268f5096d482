import { expect, test } from 'vitest';
import { dueSlot, isDone } from './due.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const slots = [0, 1, 2].map((day) => ({ startsAtMs: day * dayMs }));
const due = (nowMs: number, lastSuccessMs: number | null, known = slots): number | null => {
  const slot = dueSlot({ slots: known, everyMs: dayMs, lastSuccessMs, nowMs });
  return slot === null ? null : slot.startsAtMs / dayMs;
};

test('a slot that has begun is due until a run for it succeeds', () => {
  expect(due(hourMs, -dayMs)).toBe(0);
  expect(due(hourMs, 60_000)).toBe(1);
});

test('a slot that was slept through is due as soon as the machine wakes, and only the last one', () => {
  expect(due(9 * hourMs, -dayMs)).toBe(0);
  expect(due(dayMs + 9 * hourMs, -dayMs)).toBe(1);
});

test('catching up in the afternoon does not do the next night', () => {
  expect(due(15 * hourMs, 14 * hourMs)).toBe(1);
  expect(due(dayMs + hourMs, 14 * hourMs)).toBe(1);
});

test('a run in the evening counts for the night', () => {
  expect(isDone(dayMs, dayMs, dayMs - 6 * hourMs)).toBe(false);
  expect(isDone(dayMs, dayMs, dayMs - 6 * hourMs + 1)).toBe(true);
  expect(due(dayMs - 2 * hourMs, dayMs - 5 * hourMs)).toBe(2);
});

test('a source that is new waits for its first slot', () => {
  expect(due(hourMs, null, slots.slice(1))).toBe(1);
  expect(due(dayMs + hourMs, null, slots.slice(1))).toBe(1);
});

test('when all that are known are done there is none', () => {
  expect(due(hourMs, 2 * dayMs)).toBeNull();
});
