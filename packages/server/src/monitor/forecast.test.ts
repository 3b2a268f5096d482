import { expect, test } from 'vitest';
import { fullAt, type UsedDay } from './forecast.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-11-21T12:00:00Z');
const gib = 1024 ** 3;
const days = (...used: readonly number[]): readonly UsedDay[] =>
  used.map((gibs, index) => ({ day: 20_000 + index, usedBytes: gibs * gib }));
const rising = (count: number, aDay: number) =>
  days(...Array.from({ length: count }, (_, index) => 100 + index * aDay));
const daysLeft = (used: readonly UsedDay[], free: number) => {
  const atMs = fullAt(used, free * gib, nowMs);
  return atMs === null ? null : (atMs - nowMs) / dayMs;
};

test('a disk that grows evenly is full when its free room is used up at that rate', () => {
  expect(daysLeft(rising(30, 10), 1000)).toBe(100);
  expect(daysLeft(rising(4, 10), 1000)).toBe(100);
});

test('nothing is said of fewer than four days, of one that shrinks or stands still, and of what is ten years away', () => {
  expect(daysLeft([], 1000)).toBeNull();
  expect(daysLeft(rising(3, 10), 1000)).toBeNull();
  expect(daysLeft(rising(30, -1), 1000)).toBeNull();
  expect(daysLeft(rising(30, 0), 1000)).toBeNull();
  expect(daysLeft(rising(30, 1), 4000)).toBeNull();
});

test('a prune a week that gives most of it back is seen', () => {
  // Up 10 a day, down 56 each seventh: 4 a week.
  const used = Array.from({ length: 30 }, (_, index) => 500 + index * 10 - Math.floor(index / 7) * 66);
  const left = daysLeft(days(...used), 100);
  expect(left).toBeGreaterThan(80);
  expect(daysLeft(days(...used), 10)).toBeLessThan(60);
});

test('one first backup of a terabyte is not taken for the rate of every day', () => {
  const used = rising(30, 10).map((one) =>
    one.day >= 20_026 ? { ...one, usedBytes: one.usedBytes + 1000 * gib } : one,
  );
  expect(daysLeft(used, 1000)).toBeGreaterThan(80);
});

test('days that are missing are no days without growth, and old ones say nothing of now', () => {
  const holes = rising(30, 10).filter(({ day }) => day % 3 === 0);
  expect(daysLeft(holes, 1000)).toBe(100);
  const old = days(0, 500, 1000, 1500).map(({ day, usedBytes }) => ({ day: day - 200, usedBytes }));
  expect(daysLeft([...old, ...rising(10, 10)], 1000)).toBe(100);
});

test('a disk that is full is full now', () => {
  expect(daysLeft(rising(10, 10), 0)).toBe(0);
  expect(daysLeft(rising(10, 10), -5)).toBe(0);
});
