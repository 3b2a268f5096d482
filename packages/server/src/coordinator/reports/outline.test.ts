import type { ReportStep } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { noonMs, report } from '../testing.ts';
import { counts, isGood, outlineOf, runOutlineSchema } from './outline.ts';

const step = (
  name: ReportStep['name'],
  numbers: Record<string, number>,
  warnings: readonly string[] = [],
): ReportStep => {
  const at = new Date(noonMs).toISOString();
  return {
    ...{ name, subject: null, attempt: 1, startedAt: at, endedAt: at, outcome: 'ok', reason: null, numbers, words: [] },
    warnings: [...warnings],
  };
};
const onTime = { sentAtMs: noonMs, receivedAtMs: noonMs, grantedAtMs: null };

test('the numbers of a run are those of the last step that has them', () => {
  const steps = [
    step('backup', {}),
    step('backup', { bytesProcessed: 9e9, bytesAdded: 200, bytesAddedPacked: 100.4 }, ['a file was busy']),
    step('forget', { snapshotsKept: 14, snapshotsRemoved: 1 }),
    step('prune', { bytesRemoved: 50 }),
  ];
  expect(outlineOf(report(noonMs, { steps, warnings: ['one more'] }), onTime)).toMatchObject({
    ...{ bytesRead: 9e9, bytesAdded: 200, bytesStored: 100, bytesPruned: 50, snapshots: 14, warnings: 2 },
  });
});

test('whatever numbers and words a report claims, its outline can be kept and read again', () => {
  const steps = [step('backup', { bytesProcessed: 1e300, bytesAdded: -5, bytesAddedPacked: 0.4 })];
  const long = report(noonMs, {
    ...{ steps, message: `\u001b[2J${'wide \u{1f4a9}'.repeat(600)}`.slice(0, 4000) },
    versions: { berth: '\n'.repeat(400), restic: '\u202e', node: '', system: '' },
  });
  const outline = outlineOf(long, onTime);
  expect(runOutlineSchema.parse(JSON.parse(JSON.stringify(outline)))).toEqual(outline);
  expect(outline).toMatchObject({ bytesRead: Number.MAX_SAFE_INTEGER, bytesAdded: 0, bytesStored: 0 });
  expect(outline.message).toMatch(/^[^\p{Cc}\p{Cf}]{1,6000}$/u);
});

test('what is kept is whole milliseconds, whatever a clock says', () => {
  const outline = outlineOf(report(noonMs), { ...onTime, grantedAtMs: noonMs - 90_000.4 });
  expect(runOutlineSchema.parse(outline).heldMs).toBe(90_000);
});

test.each([
  ['right', 0, 0],
  ['a way of some seconds, which is no wrong clock', -4_000, 0],
  ['an hour behind', -3_600_000, -3_600_000],
  ['a year ahead', 365 * 86_400_000, 365 * 86_400_000],
])('an agent whose clock is %s: its run ended when it did by ours', (_, aheadMs, skewMs) => {
  // It ended a minute before it was sent.
  const made = report(noonMs + aheadMs - 60_000);
  const outline = outlineOf(made, { sentAtMs: noonMs + aheadMs, receivedAtMs: noonMs, grantedAtMs: noonMs - 90_000 });
  expect(outline.skewMs).toBe(skewMs);
  expect(Math.abs(outline.endedAtMs - (noonMs - 60_000))).toBeLessThan(5_000);
  expect(outline).toMatchObject({ durationMs: 60_000, heldMs: 90_000, startedAtMs: outline.endedAtMs - 60_000 });
});

test('nothing ends later than now, and nothing lasts less than nothing', () => {
  const later = new Date(noonMs + 5_000_000).toISOString();
  const made = report(noonMs, { startedAt: later, endedAt: new Date(noonMs + 4_000_000).toISOString() });
  expect(outlineOf(made, onTime)).toMatchObject({ endedAtMs: noonMs, startedAtMs: noonMs, durationMs: 0 });
});

test('a success is a snapshot of a run that did not fail', () => {
  const of = (change: Parameters<typeof report>[1]) => outlineOf(report(noonMs, change), onTime);
  expect([of({}), of({ outcome: 'incomplete' })].map(isGood)).toEqual([true, true]);
  const others = [
    of({ outcome: 'failed' }),
    of({ outcome: 'cancelled' }),
    of({ snapshot: null }),
    of({ dryRun: true }),
    of({ outcome: 'busy' }),
  ];
  expect(others.map(isGood)).toEqual([false, false, false, false, false]);
  expect(others.map(counts)).toEqual([true, true, true, false, false]);
});
