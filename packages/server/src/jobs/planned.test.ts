import { isBytes } from '@berth/common/size.ts';
import { describe, expect, test } from 'vitest';
import { type Condition, decide, keyOf, type Word } from '../events/condition.ts';
import { diskWords } from './disk-room.ts';
import { reviewWords } from './planned.ts';
import type { Review } from './review.ts';
import type { BadFile, ScrubJobResult } from './scrub.ts';
import { scrubWords } from './scrub-summary.ts';

const at = Date.parse('2026-11-14T02:00:00Z');
const none = ((bytes = 0) => {
  if (!isBytes(bytes)) throw new Error('no bytes are bytes');
  return { bytes, objects: 0 };
})();
const quiet: Review = {
  findings: [],
  frozen: null,
  usage: { live: none, trash: none },
  snapshots: 0,
  locks: { count: 0, oldestAgeMs: null },
  damaged: { count: 0, first: [] },
  lastChangeAt: null,
};
const scrubbed: ScrubJobResult = {
  checked: 10,
  bytes: 1000,
  bad: [],
  cycle: { startedAt: at, objects: 10, bytes: 1000, bad: 0, endedAt: null },
  stopped: null,
  notes: [],
};
const pack: BadFile = {
  type: 'data',
  name: 'ab12',
  where: 'live',
  reason: 'hash',
  quarantined: true,
  restoredFromTrash: false,
};

/** The keys that are open after each of these, a minute apart. */
const openAfter = (...steps: readonly ((open: readonly Condition[], atMs: number) => readonly Word[])[]) => {
  let open: readonly Condition[] = [];
  return steps.map((step, minute) => {
    const nowMs = at + minute * 60_000;
    open = decide(open, step(open, nowMs), nowMs).open;
    return open.map(({ key, severity }) => `${severity} ${key}`);
  });
};
const reviewed =
  (change: Partial<Review>, beganMsAgo = 1000) =>
  (open: readonly Condition[], nowMs: number) =>
    reviewWords({ source: 'laptop', review: { ...quiet, ...change }, open, startedAtMs: nowMs - beganMsAgo });
const scrubFound = (change: Partial<ScrubJobResult>) => () => scrubWords('laptop', { ...scrubbed, ...change });

test('what a review finds is so until one does not find it', () => {
  const finding = { key: 'mass-delete', severity: 'critical', text: 'All went.', remedy: 'Look.' } as const;
  const open = openAfter(reviewed({ findings: [finding] }), reviewed({ findings: [finding] }), reviewed({}));
  expect(open).toEqual([['critical mass-delete:laptop'], ['critical mass-delete:laptop'], []]);
});

describe('a damaged object', () => {
  const damaged = { count: 1, first: ['data/ab12'] };

  test('is critical, by its name, until a review finds that it is back', () => {
    const open = openAfter(scrubFound({ bad: [pack] }), reviewed({ damaged }), scrubFound({}), reviewed({}));
    const rot = ['critical bit-rot:laptop:data/ab12'];
    expect(open).toEqual([rot, rot, rot, []]);
  });

  test('is not over by a review that began before it was found', () => {
    const open = openAfter(scrubFound({ bad: [pack] }), reviewed({}, 120_000), reviewed({}));
    expect(open.map((keys) => keys.length)).toEqual([1, 1, 0]);
  });

  test('that the trash put right is told, as a warning', () => {
    const open = openAfter(scrubFound({ bad: [{ ...pack, restoredFromTrash: true }] }), reviewed({}));
    expect(open).toEqual([['warning bit-rot:laptop:data/ab12'], []]);
  });

  test('that could not be moved stays until a whole cycle is clean', () => {
    const clean = { cycle: { ...scrubbed.cycle, endedAt: at } };
    const open = openAfter(
      scrubFound({ bad: [{ ...pack, quarantined: false }] }),
      reviewed({}),
      scrubFound({}),
      scrubFound(clean),
    );
    expect(open.map((keys) => keys.length)).toEqual([1, 1, 1, 0]);
  });

  test('among hundreds is one of twenty that are named, and one alert tells of the rest', () => {
    const bad = Array.from({ length: 300 }, (_, index) => ({ ...pack, name: `${index}` }));
    const [open = []] = openAfter(scrubFound({ bad }));
    expect(open).toHaveLength(21);
    expect(open).toContain('critical bit-rot:laptop');
    expect(openAfter(scrubFound({ bad }), reviewed({}))[1]).toEqual([]);
  });
});

test('a disk that can not be read is told, and over when a scrub gets through', () => {
  const open = openAfter(scrubFound({ stopped: 'failing-disk' }), scrubFound({}));
  expect(open).toEqual([['critical disk-failing:laptop'], []]);
});

test('the disk is told at twice its floor and at its floor, and over only when clearly more is free', () => {
  const total = 100_000;
  const free = (freeBytes: number) => (open: readonly Condition[]) =>
    diskWords({ totalBytes: total, freeBytes }, 1000, (key) => open.some((condition) => condition.key === key));
  const open = openAfter(free(2500), free(1900), free(900), free(1050), free(1150), free(2100), free(2300));
  const [soon, full] = ['warning disk-full-soon', 'critical disk-floor'];
  expect(open.map((keys) => [...keys].sort())).toEqual([[], [soon], [full, soon], [full, soon], [soon], [soon], []]);
  expect(keyOf({ code: 'disk-floor', source: null, subject: null })).toBe('disk-floor');
});
