import { describe, expect, test } from 'vitest';
import { due, dueAt, givingWay, type LastRun, type Plan, type Question, type Running, type Scheduled } from './due.ts';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const now = Date.parse('2026-11-14T12:00:00Z');

const review: Plan = {
  name: 'review',
  lane: 'quick',
  everyMs: day,
  afterChangeMs: minute,
  spreadMs: 5 * minute,
  needsClock: false,
};
const purge: Plan = { ...review, name: 'purge', lane: 'heavy', afterChangeMs: null, spreadMs: hour, needsClock: true };
const scrub: Plan = { ...purge, name: 'scrub', needsClock: false };

/** A source that has long been known, and whose journal has changed since. */
const laptop: Scheduled = { name: 'laptop', knownSinceMs: now - 30 * day, firstMark: 'old', mark: 'm1' };
const run = (change: Partial<LastRun> = {}): LastRun => ({
  startedAtMs: now - hour,
  endedAtMs: now - hour + second,
  outcome: 'done',
  failures: 0,
  mark: 'm1',
  dueSinceMs: null,
  ...change,
});
const question = (change: Partial<Question> = {}): Question => ({
  nowMs: now,
  plans: [review, purge, scrub],
  sources: [laptop],
  lastRun: () => run(),
  running: [],
  isClockTrusted: true,
  retryMs: 5 * minute,
  freePlaces: null,
  ...change,
});
const started = (change: Partial<Question> = {}): readonly string[] =>
  due(question(change)).map(({ job, source }) => `${job} ${source}`);
const fleet = (count: number, change: Partial<Scheduled> = {}): readonly Scheduled[] =>
  Array.from({ length: count }, (_, index) => ({ ...laptop, name: `host-${index}`, ...change }));

describe('a job is due', () => {
  test('a day after it last began, give or take an hour, and not before', () => {
    expect(started()).toEqual([]);
    expect(started({ lastRun: () => run({ startedAtMs: now - 22 * hour }) })).toEqual([]);
    expect(started({ plans: [scrub], lastRun: () => run({ startedAtMs: now - 24 * hour }) })).toEqual(['scrub laptop']);
  });

  test('soon after the journal changed, but not more than once a minute; a purge is not', () => {
    const changed = { sources: [{ ...laptop, mark: 'm2' }] };
    expect(started(changed)).toEqual(['review laptop']);
    const justNow = { startedAtMs: now - 30 * second, endedAtMs: now - 29 * second };
    expect(started({ ...changed, lastRun: () => run(justNow) })).toEqual([]);
  });

  test('at once for a source whose first session wrote something', () => {
    const fresh = { ...laptop, knownSinceMs: now - minute, firstMark: null };
    expect(started({ plans: [review], sources: [fresh], lastRun: () => null })).toEqual(['review laptop']);
  });

  test('for a journal that goes on changing at most for a quarter of the time', () => {
    const slow = { startedAtMs: now - 10 * minute, endedAtMs: now - 7 * minute };
    const changed = { sources: [{ ...laptop, mark: 'm2' }] };
    expect(started({ ...changed, lastRun: () => run(slow) })).toEqual([]);
    const longAgo = { startedAtMs: now - 13 * minute, endedAtMs: now - 10 * minute };
    expect(started({ ...changed, lastRun: () => run(longAgo) })).toEqual(['review laptop']);
  });

  test('again after a failure, later with each; and soon after an admin was in the way', () => {
    const failed = (failures: number): number =>
      dueAt(purge, laptop, question({ lastRun: () => run({ outcome: 'failed', failures }) })) - (now - hour + second);
    expect([1, 2, 3, 100].map(failed)).toEqual([5 * minute, 10 * minute, 20 * minute, day]);
    expect(started({ plans: [purge], lastRun: () => run({ outcome: 'busy' }) })).toEqual(['purge laptop']);
  });

  test('after the server ended in the middle of it', () => {
    expect(started({ plans: [scrub], lastRun: () => run({ endedAtMs: null, outcome: null }) })).toEqual([
      'scrub laptop',
    ]);
    expect(started({ plans: [scrub], lastRun: () => run({ outcome: 'stopped' }) })).toEqual(['scrub laptop']);
  });

  test('though its last run was written down by a clock that was ten years ahead', () => {
    expect(started({ plans: [purge], lastRun: () => run({ startedAtMs: now + 3650 * day }) })).toEqual([
      'purge laptop',
    ]);
  });
});

describe('not all at once', () => {
  test('two jobs run at a time, and of those that take long one, so that a review need not wait for a scrub', () => {
    const overdue = { sources: fleet(200), lastRun: () => run({ startedAtMs: now - 3 * day }) };
    expect(due(question(overdue))).toHaveLength(2);
    expect(started({ ...overdue, plans: [purge, scrub] })).toHaveLength(1);
    const scrubbing: Running = { source: 'host-7', job: 'scrub', lane: 'heavy', dueSinceMs: now };
    const beside = due(question({ ...overdue, running: [scrubbing] }));
    expect(beside.map(({ job }) => job)).toEqual(['review']);
    expect(
      started({ ...overdue, running: [scrubbing, { ...scrubbing, source: 'x', job: 'review', lane: 'quick' }] }),
    ).toEqual([]);
  });

  test('never the same job twice on a source', () => {
    const running: Running = { source: 'laptop', job: 'review', lane: 'quick', dueSinceMs: now };
    expect(started({ plans: [review], lastRun: () => null, running: [running] })).toEqual([]);
  });

  test('a server that starts with 200 sources spreads them', () => {
    const sources = fleet(200, { knownSinceMs: now, firstMark: 'm1' });
    const times = sources.map((source) => dueAt(review, source, question({ sources, lastRun: () => null })) - now);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(10 * minute);
    const inEachMinute = Array.from({ length: 10 }, (_, from) =>
      times.filter((time) => Math.floor(time / minute) === from),
    );
    expect(Math.max(...inEachMinute.map((those) => those.length))).toBeLessThan(40);
    // Nor those whose day was over while the server was down.
    const overdue = sources.map((source) =>
      dueAt(scrub, source, question({ lastRun: () => run({ startedAtMs: now - 9 * day }) })),
    );
    expect(overdue.filter((time) => time <= now).length).toBeLessThan(10);
  });
});

test('while the clock is not trusted nothing is purged, and all the rest goes on', () => {
  const overdue = { lastRun: () => run({ startedAtMs: now - 3 * day }), isClockTrusted: false };
  expect(started({ ...overdue, plans: [purge] })).toEqual([]);
  expect(started({ ...overdue, plans: [purge, scrub] })).toEqual(['scrub laptop']);
});

describe('backups come first', () => {
  const overdue = { lastRun: () => run({ startedAtMs: now - 25 * hour }) };
  const waiting = { lastRun: () => run({ startedAtMs: now - 49 * hour }) };
  const heavy = (source: string, change: Partial<Running> = {}): Running => ({
    ...{ source, job: 'scrub', lane: 'heavy', dueSinceMs: now - minute, ...change },
  });
  const stopped = (freePlaces: number | null, ...running: readonly Running[]): readonly string[] =>
    givingWay(running, { nowMs: now, freePlaces }).map(({ source }) => source);

  test('so a job that takes long starts only in a place they leave free, and a review in any case', () => {
    expect(started({ ...overdue, plans: [scrub], freePlaces: 0 })).toEqual([]);
    expect(started({ ...overdue, plans: [scrub], freePlaces: 1 })).toEqual(['scrub laptop']);
    expect(started({ ...overdue, freePlaces: 0 })).toEqual(['review laptop']);
  });

  test('and free places are no reason for more of them at once', () => {
    expect(started({ ...overdue, plans: [purge, scrub], sources: fleet(5), freePlaces: 9 })).toHaveLength(1);
  });

  test('but one that has waited for a day starts whatever they do, still one at a time', () => {
    expect(started({ ...waiting, plans: [scrub], freePlaces: 0 })).toEqual(['scrub laptop']);
    expect(started({ ...waiting, plans: [purge, scrub], freePlaces: 0 })).toHaveLength(1);
  });

  test('the newest stops when they need its place, and one that had waited for a day does not', () => {
    expect(stopped(null, heavy('a'), heavy('b'))).toEqual([]);
    expect(stopped(1, heavy('a'), heavy('b'))).toEqual(['b']);
    expect(stopped(0, heavy('a'), heavy('b'))).toEqual(['b', 'a']);
    expect(stopped(0, heavy('a'), heavy('b', { dueSinceMs: now - 25 * hour }))).toEqual(['a']);
    expect(stopped(0, heavy('a', { lane: 'quick', job: 'review' }))).toEqual([]);
  });

  test('one that was stopped again and again has waited since it was first due', () => {
    const often = run({ outcome: 'stopped', startedAtMs: now - minute, dueSinceMs: now - 25 * hour });
    const [job] = due(question({ plans: [scrub], lastRun: () => often, freePlaces: 0 }));
    expect(job).toMatchObject({ job: 'scrub', dueSinceMs: now - 25 * hour });
    const once = { ...often, dueSinceMs: now - 2 * hour };
    const recent = { ...laptop, knownSinceMs: now - 3 * hour };
    expect(started({ plans: [scrub], sources: [recent], lastRun: () => once, freePlaces: 0 })).toEqual([]);
  });
});
