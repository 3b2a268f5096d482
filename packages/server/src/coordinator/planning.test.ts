import { expect, test } from 'vitest';
import { entryOf } from './entry.ts';
import { planAll } from './planning.ts';
import { noonMs, source } from './testing.ts';

const hourMs = 3_600_000;
const slot = (startsAtMs: number) => ({ startsAtMs, endsAtMs: startsAtMs + hourMs, closesAtMs: null });

/** Planned anew at noon, with a slot at six in the evening and its place at eight in the morning. */
const startsAfter = (window: { from: number; to: number } | null): readonly number[] => {
  const entry = entryOf(source('a', { window }), null, noonMs);
  entry.place = { minute: 8 * 60, day: 0 };
  entry.slots = [slot(noonMs + 6 * hourMs)];
  planAll([entry], { nowMs: noonMs, timeZone: 'UTC', concurrency: 2 });
  return entry.slots.map(({ startsAtMs }) => (startsAtMs - noonMs) / hourMs);
};

test('who is moved to an hour that is over today keeps its slot of today', () => {
  expect(startsAfter(null)).toEqual([6, 20, 44]);
  expect(startsAfter({ from: 17 * 60, to: 9 * 60 })).toEqual([6, 20, 44]);
});

test('but not one that a changed window does not allow any more', () => {
  expect(startsAfter({ from: 7 * 60, to: 9 * 60 })).toEqual([20, 44]);
});
