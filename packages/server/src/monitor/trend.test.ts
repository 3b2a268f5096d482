import { expect, test } from 'vitest';
import { outline } from '../coordinator/testing.ts';
import { addRun, forgetRuns, noRuns, type SummedRun, sumsOfDay } from './trend.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const hourMs = 3_600_000;
const summed = (...runs: readonly Partial<SummedRun>[]) => {
  const sums = noRuns();
  for (const run of runs) addRun(sums, outline({ endedAtMs: nowMs - hourMs, ...run }), 1, nowMs);
  return sums;
};
const failed = { outcome: 'failed', snapshot: null } as const;
const outcome = (...runs: readonly Partial<SummedRun>[]) => summed(...runs).days.get(1)?.outcome ?? 'none';

test('a day is as good as the best that happened on it', () => {
  expect(outcome({}, failed)).toBe('good');
  expect(outcome(failed, { warnings: 2 }, failed)).toBe('warned');
  expect(outcome({ outcome: 'incomplete' })).toBe('warned');
  expect(outcome(failed, failed)).toBe('failed');
  expect(outcome({ outcome: 'cancelled', snapshot: null })).toBe('failed');
});

test('dry runs, runs that found another and runs that make no snapshot say nothing of backups', () => {
  expect(outcome({ dryRun: true }, { outcome: 'busy', snapshot: null })).toBe('none');
  expect(outcome({ snapshot: null })).toBe('none');
  expect(sumsOfDay(summed({ dryRun: true }), nowMs).runs).toBe(0);
});

test('a day’s sums are of the last 24 hours, and null where no run said', () => {
  const sums = summed(
    { durationMs: 5, bytesRead: 10, bytesStored: 3 },
    { durationMs: 7, bytesRead: 20, ...failed },
    { durationMs: 100, bytesRead: 1000, bytesPruned: 9, endedAtMs: nowMs - 25 * hourMs },
  );
  expect(sumsOfDay(sums, nowMs)).toEqual({
    ...{ runs: 2, failed: 1, durationMs: 12, bytesRead: 30, bytesAdded: null, bytesStored: 3 },
    ...{ bytesPruned: null, snapshotsRemoved: null },
  });
  // An hour later what was 23 hours and more ago is out as well, without anybody having said so.
  expect(sumsOfDay(sums, nowMs + 23.5 * hourMs).runs).toBe(0);
});

test('a run that was stopped is one that made no backup, in the sums as in the trend', () => {
  expect(sumsOfDay(summed({ outcome: 'cancelled', snapshot: null }), nowMs)).toMatchObject({ runs: 1, failed: 1 });
});

test('what is shown no more is let go of, and a source that sends runs all day does not fill the memory', () => {
  const sums = noRuns();
  for (let index = 0; index < 5000; index += 1) addRun(sums, outline({ endedAtMs: nowMs }), 20, nowMs);
  expect(sums.recent.length).toBeLessThanOrEqual(2000);
  addRun(sums, outline(), 6, nowMs);
  addRun(sums, outline(), 7, nowMs);
  forgetRuns(sums, 20, nowMs + 25 * hourMs);
  expect([[...sums.days.keys()].sort(), sums.recent]).toEqual([[20, 7], []]);
});
