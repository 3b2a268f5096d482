import { expect, test } from 'vitest';
import { nextSlot } from './next.ts';
import { dayMs, hourMs, source } from './testing.ts';

const at = (everyMs: number, place: { minute: number; day: number }, from: string): string =>
  new Date(nextSlot('Europe/Berlin', { ...source('a', { everyMs, window: null }), place }, Date.parse(from)).startsAtMs)
    .toISOString()
    .slice(0, 16);

test('the next slot is the first one from that moment on, that moment included', () => {
  const place = { minute: 90, day: 0 };
  expect(at(dayMs, place, '2026-11-22T00:29Z')).toBe('2026-11-22T00:30');
  expect(at(dayMs, place, '2026-11-22T00:30Z')).toBe('2026-11-22T00:30');
  expect(at(dayMs, place, '2026-11-22T00:31Z')).toBe('2026-11-23T00:30');
});

test('of several a day it is the next of them', () => {
  expect(at(6 * hourMs, { minute: 90, day: 0 }, '2026-11-22T07:00Z')).toBe('2026-11-22T12:30');
});

test('of a period of days it is on its own day, however far away', () => {
  // Epoch day 20779 is 2026-11-22, and 20779 modulo 7 is 3.
  expect(at(7 * dayMs, { minute: 0, day: 3 }, '2026-11-22T12:00Z')).toBe('2026-11-28T23:00');
  expect(at(365 * dayMs, { minute: 0, day: 0 }, '2026-11-22T12:00Z')).toMatch(/^20\d\d-/);
});

test('by the clock on the wall, also over a change of it', () => {
  expect(at(dayMs, { minute: 90, day: 0 }, '2027-03-28T12:00Z')).toBe('2027-03-28T23:30');
});
