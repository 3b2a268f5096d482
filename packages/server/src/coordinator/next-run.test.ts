import { expect, test } from 'vitest';
import { mergedSlots, nextRun } from './next-run.ts';
import { noonMs, outline } from './testing.ts';

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const slot = (startsAtMs: number) => ({
  startsAtMs,
  endsAtMs: startsAtMs + hourMs,
  closesAtMs: startsAtMs + 5 * hourMs,
});
const [lastNight, tonight, tomorrow] = [
  slot(noonMs - 10 * hourMs),
  slot(noonMs + 14 * hourMs),
  slot(noonMs + 38 * hourMs),
];
const slots = [lastNight, tonight, tomorrow];
const daily = { everyMs: dayMs, slots, lastSuccessMs: null, lastRun: null };
const failedAt = (endedAtMs: number, outcome: 'failed' | 'cancelled' = 'failed') =>
  outline({ endedAtMs, outcome, snapshot: null });

test('a slot that was missed is due until the next begins', () => {
  expect(nextRun(daily, noonMs)).toEqual(lastNight);
  expect(nextRun(daily, tonight.startsAtMs)).toEqual(tonight);
  expect(nextRun({ ...daily, lastSuccessMs: lastNight.startsAtMs + 5 }, noonMs)).toEqual(tonight);
});

test('after a run that failed a source rests, an eighth of its period and three hours at the most', () => {
  const rested = (everyMs: number, change = {}) =>
    nextRun({ ...daily, everyMs, lastRun: failedAt(noonMs), ...change }, noonMs)?.startsAtMs;
  expect(rested(dayMs)).toBe(noonMs + 3 * hourMs);
  expect(rested(7 * dayMs)).toBe(noonMs + 3 * hourMs);
  expect(rested(4 * hourMs, { slots: [slot(noonMs - minuteMs), tonight] })).toBe(noonMs + 30 * minuteMs);
  expect(rested(15 * minuteMs, { slots: [slot(noonMs - minuteMs), tonight] })).toBe(noonMs + 15 * minuteMs);
  // Not over the next slot, and not after somebody stopped it.
  expect(rested(dayMs, { slots: [slot(noonMs - minuteMs), slot(noonMs + hourMs)] })).toBe(noonMs + hourMs);
  expect(nextRun({ ...daily, lastRun: failedAt(noonMs, 'cancelled') }, noonMs)).toEqual(lastNight);
  expect(nextRun({ ...daily, lastRun: failedAt(noonMs - 4 * hourMs) }, noonMs)?.startsAtMs).toBeLessThan(noonMs);
});

test('a run that failed at a time still to come, by a clock that was ahead, makes it rest no longer', () => {
  expect(nextRun({ ...daily, lastRun: failedAt(noonMs + 90 * dayMs) }, noonMs)).toEqual(lastNight);
});

test('where all that is planned is done, it is a period after the last', () => {
  const done = { ...daily, slots: [lastNight, tonight], lastSuccessMs: tonight.startsAtMs - hourMs };
  expect(nextRun(done, noonMs)?.startsAtMs).toBe(tonight.startsAtMs + dayMs);
  expect(nextRun({ ...daily, slots: [] }, noonMs)).toBeNull();
});

test('planning anew keeps the slot that has begun, whatever comes', () => {
  const at = { nowMs: noonMs, everyMs: dayMs };
  const moved = slot(noonMs + 15 * hourMs);
  expect(mergedSlots(slots, [moved], at)).toEqual([lastNight, moved]);
  expect(mergedSlots([], [tonight], at)).toEqual([tonight]);
});

test('planning anew keeps the next slot where the new place is at an hour that is over today', () => {
  const at = { nowMs: noonMs, everyMs: dayMs };
  const earlier = slot(noonMs + 23 * hourMs);
  const afterIt = slot(noonMs + 47 * hourMs);
  const today = slot(noonMs + hourMs);
  expect(mergedSlots([lastNight, today], [earlier, afterIt], at)).toEqual([lastNight, today, earlier, afterIt]);
  // Once more: it is not kept twice, and not when the new place is not lost.
  expect(mergedSlots([lastNight, today, earlier], [earlier, afterIt], at)).toEqual([
    lastNight,
    today,
    earlier,
    afterIt,
  ]);
  expect(mergedSlots([lastNight, tonight], [slot(noonMs + 20 * hourMs)], at)).toEqual([
    lastNight,
    slot(noonMs + 20 * hourMs),
  ]);
});
