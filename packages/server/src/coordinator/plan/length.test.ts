import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedLength } from './length.ts';

const minuteMs = 60_000;
const minutes = (...lengths: readonly number[]): number =>
  expectedLength(lengths.map((one) => one * minuteMs)) / minuteMs;

test('half an hour before there was a run', () => expect(minutes()).toBe(30));

test('the longest of the first few, then the third longest of seven: bad nights do not count', () => {
  expect(minutes(3)).toBe(3);
  expect(minutes(3, 240, 4)).toBe(240);
  expect(minutes(3, 240, 4, 5)).toBe(5);
  expect(minutes(3, 4, 5, 4, 3, 4, 240)).toBe(4);
  expect(minutes(240, 200, 5, 4, 3, 4, 5)).toBe(5);
  expect(minutes(240, 200, 190, 4, 3, 4, 5)).toBe(195);
});

test('what is older than seven runs does not count', () => {
  expect(minutes(3, 3, 3, 3, 3, 3, 3, 300, 300, 300)).toBe(3);
});

test('a few minutes more or less change nothing for a long run', () => {
  expect([minutes(12), minutes(14), minutes(15)]).toEqual([15, 15, 15]);
  expect([minutes(91), minutes(104)]).toEqual([105, 105]);
  expect(minutes(301)).toBe(360);
});

test('never under a minute, never over a week, never shorter than what it is rounded from', () => {
  expect([minutes(0), minutes(1e6)]).toEqual([1, 7 * 1440]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 3 }), (lengths) => {
      expect(minutes(...lengths)).toBeGreaterThanOrEqual(Math.max(...lengths));
    }),
  );
});
