import { expect, test } from 'vitest';
import type { FleetRun, FleetSource } from '../coordinator/state/fleet.ts';
import { type OwnFacts, plannedOf } from './planned.ts';
import { before, hourMs, nowMs } from './testing.ts';

const facts = (change: Partial<OwnFacts> = {}): OwnFacts => ({
  ...{ nowMs, isCoordinated: true, knownSinceMs: nowMs - 100 * hourMs, overdueAfterMs: 48 * hourMs, stored: null },
  ...change,
});
const stored = (lastSnapshotAt: string | null, unreadable: string | null = null): OwnFacts['stored'] => ({
  ...{ at: before(0), live: { bytes: 1, objects: 1 }, trash: { bytes: 0, objects: 0 }, snapshots: 1 },
  ...{ lastSnapshotAt, unreadable },
});

test('where no coordinator has run, how fresh a source is follows from what arrived in its store', () => {
  expect(plannedOf(null, facts({ stored: stored(before(hourMs)) }))).toMatchObject({
    ...{ state: 'fine', words: null, lastSuccessAt: before(hourMs), overdueAt: before(-47 * hourMs) },
    ...{ nextSlotAt: null, lastRun: null, now: { kind: 'idle' } },
  });
  expect(plannedOf(null, facts({ stored: stored(before(50 * hourMs)) })).state).toBe('overdue');
  expect(plannedOf(null, facts({ stored: stored(null, 'EIO') }))).toMatchObject({ state: 'unreadable' });
});

test('one that never stored anything is overdue from when its folder was made', () => {
  expect(plannedOf(null, facts()).state).toBe('overdue');
  expect(plannedOf(null, facts({ knownSinceMs: nowMs - hourMs })).state).toBe('never');
});

test('what the coordinator knows is said in UTC', () => {
  const run: FleetRun = {
    ...{ run: 'r', endedAtMs: nowMs - hourMs, durationMs: 5, outcome: 'ok', message: null, warnings: 0 },
    ...{ bytesRead: 1, bytesAdded: 1, bytesStored: 1, bytesPruned: null, snapshots: 3 },
  };
  const known: FleetSource = {
    ...{ name: 'laptop', state: 'warned', words: 'why', lastSuccessMs: nowMs - hourMs, overdueAtMs: nowMs + hourMs },
    ...{ nextSlotMs: nowMs, lastRun: run, now: { kind: 'waiting', sinceMs: nowMs - 1, position: 2 } },
  };
  const { endedAtMs: _, ...rest } = run;
  expect(plannedOf(known, facts())).toEqual({
    ...{ state: 'warned', words: 'why', lastSuccessAt: before(hourMs), overdueAt: before(-hourMs) },
    ...{ nextSlotAt: before(0), lastRun: { ...rest, endedAt: before(hourMs) } },
    now: { kind: 'waiting', since: before(1), position: 2 },
  });
});
