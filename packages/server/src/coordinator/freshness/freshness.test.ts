import { describe, expect, test } from 'vitest';
import { type Facts, freshness } from './freshness.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = Date.parse('2026-11-21T12:00Z');

/** Backed up ten hours ago, and all of it is there. */
const fine: Facts = {
  ...{ snapshots: null, running: null },
  ...{ nowMs, knownSinceMs: nowMs - 100 * dayMs, overdueAfterMs: 3 * dayMs },
  ...{ lastReportedSuccessMs: nowMs - 10 * hourMs, lastReportedStartMs: nowMs - 11 * hourMs },
  ...{ lastSnapshotMs: nowMs - 10.5 * hourMs, reviewedAtMs: nowMs - hourMs },
  ...{ lastReport: { endedAtMs: nowMs - 10 * hourMs, outcome: 'ok', message: null, warnings: 0 }, unreadable: null },
};
const newcomer: Partial<Facts> = {
  ...{ knownSinceMs: nowMs - hourMs, lastReportedSuccessMs: null, lastReportedStartMs: null },
  ...{ lastSnapshotMs: null, lastReport: null },
};
const silent: Partial<Facts> = {
  ...{ lastReportedSuccessMs: nowMs - 4 * dayMs, lastReportedStartMs: nowMs - 4 * dayMs },
  lastSnapshotMs: nowMs - 4 * dayMs,
};
const failed: Partial<Facts> = {
  lastReport: { endedAtMs: nowMs - 10 * hourMs, outcome: 'failed', message: 'The repository is locked.', warnings: 0 },
};
/** It reports a success of ten hours ago, and the last snapshot that arrived is of yesterday. */
const unbelieved: Partial<Facts> = { lastSnapshotMs: nowMs - 30 * hourMs };

test.each<[string, Partial<Facts>, string, string | null]>([
  ['all is well', {}, 'fine', null],
  ['just added', newcomer, 'never', 'No backup yet.'],
  [
    'added, and the first run failed',
    { ...newcomer, ...failed },
    'failing',
    'The last run failed: The repository is locked.',
  ],
  [
    'added long ago and never backed up',
    { ...newcomer, knownSinceMs: nowMs - 5 * dayMs },
    'overdue',
    'Never backed up since it was added 5d ago; overdue after 3d.',
  ],
  ['a success, then a failure', failed, 'failing', 'The last run failed: The repository is locked.'],
  [
    'a failure that says nothing',
    { lastReport: { endedAtMs: nowMs - 10 * hourMs, outcome: 'failed', message: null, warnings: 0 } },
    'failing',
    'The last run failed.',
  ],
  ['silent for too long', silent, 'overdue', 'No backup for 4d; overdue after 3d.'],
  [
    'silent for too long, because it fails',
    { ...silent, ...failed },
    'overdue',
    'No backup for 4d; overdue after 3d. The last run failed: The repository is locked.',
  ],
  [
    'its first backup takes longer than that',
    {
      ...{ ...newcomer, knownSinceMs: nowMs - 5 * dayMs },
      running: { sinceMs: nowMs - 4 * dayMs, stillForMs: null },
    },
    'overdue',
    'Never backed up since it was added 5d ago; overdue after 3d. A run of it has been going on for 4d.',
  ],
  [
    'silent for too long, and its run stands still',
    { ...silent, running: { sinceMs: nowMs - dayMs, stillForMs: 7 * hourMs } },
    'overdue',
    'No backup for 4d; overdue after 3d. A run of it has been going on for 1d, and has not moved for 7h.',
  ],
  ['a run that goes on in time', { running: { sinceMs: nowMs - hourMs, stillForMs: null } }, 'fine', null],
  [
    'some files could not be read',
    {
      lastReport: {
        endedAtMs: nowMs - 10 * hourMs,
        outcome: 'incomplete',
        message: '3 files could not be read',
        warnings: 3,
      },
    },
    'warned',
    'The last backup is incomplete: 3 files could not be read.',
  ],
  [
    'one warning',
    { lastReport: { endedAtMs: nowMs - 10 * hourMs, outcome: 'ok', message: null, warnings: 1 } },
    'warned',
    'The last run had a warning.',
  ],
  [
    'two warnings',
    { lastReport: { endedAtMs: nowMs - 10 * hourMs, outcome: 'ok', message: null, warnings: 2 } },
    'warned',
    'The last run had 2 warnings.',
  ],
  [
    'somebody stopped the last run',
    { lastReport: { endedAtMs: nowMs - 10 * hourMs, outcome: 'cancelled', message: null, warnings: 0 } },
    'warned',
    'The last run was stopped before its end.',
  ],
  [
    'a success whose snapshot is not there',
    unbelieved,
    'warned',
    'Its last run reported a snapshot, but none has arrived here.',
  ],
  [
    'a first success whose snapshot is not there',
    { ...newcomer, lastReportedSuccessMs: nowMs - 2 * hourMs, lastReportedStartMs: nowMs - 3 * hourMs },
    'never',
    'No backup yet. Its last run reported a snapshot, but none has arrived here.',
  ],
  [
    'successes whose snapshots have not been there for days',
    { lastSnapshotMs: nowMs - 4 * dayMs },
    'overdue',
    'No backup for 4d; overdue after 3d. Its last run reported a snapshot, but none has arrived here.',
  ],
  [
    'its storage can not be read',
    { unreadable: 'the journal ends in the middle of a record' },
    'unreadable',
    'Its storage can not be read: the journal ends in the middle of a record',
  ],
  [
    'nothing works at all',
    { ...silent, ...failed, unreadable: 'EIO' },
    'unreadable',
    'Its storage can not be read: EIO',
  ],
])('%s: %s', (_, facts, state, words) => {
  expect(freshness({ ...fine, ...facts })).toMatchObject({ state, words });
});

describe('the last success', () => {
  test('is the later of what was reported and what arrived', () => {
    expect(freshness(fine).lastSuccessMs).toBe(nowMs - 10 * hourMs);
    expect(freshness({ ...fine, lastSnapshotMs: nowMs - hourMs }).lastSuccessMs).toBe(nowMs - hourMs);
  });

  test('counts for a machine that never reports anything', () => {
    const plain = { ...fine, ...newcomer, lastSnapshotMs: nowMs - hourMs };
    expect(freshness(plain)).toMatchObject({ state: 'fine', lastSuccessMs: nowMs - hourMs });
  });

  test('is no snapshot that arrived where databases are dumped: it may be one of theirs, from a run that never came to the files', () => {
    const dumps = { atMs: nowMs - 5 * dayMs, databases: 1, unverified: 0, failing: [], failingCount: 0 };
    const cutOff = { ...fine, ...silent, lastSnapshotMs: nowMs - hourMs, dumps };
    expect(freshness(cutOff)).toMatchObject({ state: 'overdue', lastSuccessMs: nowMs - 4 * dayMs });
    expect(freshness({ ...fine, ...failed, lastSnapshotMs: nowMs - hourMs, dumps }).state).toBe('failing');
    expect(freshness({ ...fine, ...unbelieved, dumps }).lastSuccessMs).toBe(nowMs - 30 * hourMs);
    expect(freshness({ ...fine, dumps }).state).toBe('fine');
  });

  test('is not the reported one when its snapshot is not there', () => {
    expect(freshness({ ...fine, ...unbelieved }).lastSuccessMs).toBe(nowMs - 30 * hourMs);
  });

  test('is believed until the store has been looked at, and when clocks differ by less than an hour', () => {
    expect(freshness({ ...fine, ...unbelieved, reviewedAtMs: nowMs - 10 * hourMs }).state).toBe('fine');
    expect(freshness({ ...fine, ...unbelieved, reviewedAtMs: null }).state).toBe('fine');
    expect(freshness({ ...fine, lastSnapshotMs: nowMs - 12 * hourMs }).state).toBe('fine');
    expect(freshness({ ...fine, lastSnapshotMs: nowMs - 12 * hourMs - 1 }).state).toBe('warned');
  });

  test('is none of those dated later than now, so that a clock once ahead keeps nothing fresh', () => {
    const ahead = nowMs + 90 * dayMs;
    expect(freshness({ ...fine, lastSnapshotMs: ahead }).lastSuccessMs).toBe(nowMs - 10 * hourMs);
    const reported = { lastReportedSuccessMs: ahead, lastReportedStartMs: ahead - hourMs };
    expect(freshness({ ...fine, ...reported, lastSnapshotMs: nowMs - 4 * dayMs })).toMatchObject({
      ...{ state: 'overdue', lastSuccessMs: nowMs - 4 * dayMs, words: 'No backup for 4d; overdue after 3d.' },
    });
    expect(freshness({ ...fine, ...reported, lastSnapshotMs: ahead })).toMatchObject({
      ...{ state: 'overdue', lastSuccessMs: null },
    });
    // A look at the store that is still to come shows nothing about what was reported.
    expect(freshness({ ...fine, ...unbelieved, reviewedAtMs: ahead }).state).toBe('fine');
  });

  test('is now when clocks are minutes apart', () => {
    expect(freshness({ ...fine, lastSnapshotMs: nowMs + 9 * 60_000 })).toMatchObject({
      ...{ state: 'fine', lastSuccessMs: nowMs },
    });
  });
});

test('a store that holds no snapshot any more has no success from before it was looked at', () => {
  const emptied = { ...fine, snapshots: 0 };
  expect(freshness(emptied)).toMatchObject({
    ...{ state: 'overdue', lastSuccessMs: null, isBelieved: true },
    words: 'Its storage holds no snapshot any more; overdue after 3d.',
  });
  const young = { ...emptied, knownSinceMs: nowMs - dayMs };
  expect(freshness(young)).toMatchObject({ state: 'never', words: 'Its storage holds no snapshot any more.' });
  expect(freshness({ ...young, ...failed })).toMatchObject({
    ...{ state: 'failing' },
    words: 'The last run failed: The repository is locked. Its storage holds no snapshot any more.',
  });
  // A run after that look may well have made one; and a store that can not be read shows nothing.
  const since = { lastReportedSuccessMs: nowMs - hourMs / 2, lastReportedStartMs: nowMs - hourMs / 2 };
  expect(freshness({ ...emptied, ...since })).toMatchObject({ state: 'fine', lastSuccessMs: nowMs - hourMs / 2 });
  expect(freshness({ ...emptied, unreadable: 'EIO' }).lastSuccessMs).toBe(nowMs - 10 * hourMs);
  // One that never had any is told as before.
  expect(freshness({ ...emptied, ...newcomer })).toMatchObject({ state: 'never', words: 'No backup yet.' });
  expect(freshness({ ...emptied, snapshots: 1 }).state).toBe('fine');
});

test('what a report says is over when a snapshot arrives after that run, as plain restic makes one', () => {
  const arrived = (afterMs: number, lastReport: Facts['lastReport']) =>
    freshness({ ...fine, lastReport, lastSnapshotMs: nowMs - 10 * hourMs + afterMs });
  const report = { endedAtMs: nowMs - 10 * hourMs, message: null, warnings: 2 };
  for (const outcome of ['failed', 'incomplete', 'cancelled', 'ok'] as const) {
    const state = outcome === 'failed' ? 'failing' : 'warned';
    expect(arrived(10 * 60_000, { ...report, outcome })).toMatchObject({ state });
    expect(arrived(10 * 60_000 + 1, { ...report, outcome })).toMatchObject({ state: 'fine', words: null });
  }
  // Not by one that is dated later than now.
  expect(arrived(90 * dayMs, { ...report, outcome: 'failed' })).toMatchObject({ state: 'failing' });
});

test('it is overdue from that very moment on', () => {
  const at = (ageMs: number) => freshness({ ...fine, lastReportedSuccessMs: null, lastSnapshotMs: nowMs - ageMs });
  expect(at(3 * dayMs - 1)).toMatchObject({ state: 'fine', overdueAtMs: nowMs + 1 });
  expect(at(3 * dayMs)).toMatchObject({ state: 'overdue', overdueAtMs: nowMs });
});
