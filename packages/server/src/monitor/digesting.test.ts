import { expect, test } from 'vitest';
import { digestSince, dueDigest } from './digesting.ts';

const minuteMs = 60_000;
const six = 6 * 60;

/** Every moment at which a digest is made while time goes by, minute by minute, as the monitor looks. */
const digests = (
  from: string,
  to: string,
  {
    at = six,
    timeZone = 'Europe/Berlin',
    settled = from,
  }: { at?: number; timeZone?: string; settled?: string | null } = {},
): readonly string[] => {
  const made: string[] = [];
  let digestedMs = settled === null ? null : Date.parse(settled);
  for (let nowMs = Date.parse(from); nowMs <= Date.parse(to); nowMs += minuteMs) {
    const due = dueDigest({ at, timeZone, digestedMs, nowMs });
    if (due === null) continue;
    digestedMs = due.dueMs;
    if (!due.isNew) made.push(new Date(nowMs).toISOString().slice(0, 16));
  }
  return made;
};

test('there is one a day, at its time by the wall clock, in summer and in winter', () => {
  expect(digests('2026-11-19T12:00:00Z', '2026-11-22T12:00:00Z')).toEqual([
    '2026-11-20T05:00',
    '2026-11-21T05:00',
    '2026-11-22T05:00',
  ]);
  expect(digests('2026-07-01T12:00:00Z', '2026-07-02T12:00:00Z')).toEqual(['2026-07-02T04:00']);
});

test('on the two nights when the clock changes there is one each, also at a time that comes twice or not at all', () => {
  const spring = ['2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z'] as const;
  // 02:30 does not exist on the 29th: it is made when the clock jumps from 02:00 to 03:00.
  expect(digests(...spring, { at: 150 })).toEqual(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']);
  const autumn = ['2026-10-23T12:00:00Z', '2026-10-26T12:00:00Z'] as const;
  // 02:30 comes twice on the 25th: the first counts.
  expect(digests(...autumn, { at: 150 })).toEqual(['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']);
  expect(digests(...autumn, { at: 0 })).toEqual(['2026-10-23T22:00', '2026-10-24T22:00', '2026-10-25T23:00']);
});

test('one that was missed while the server was down is made up for once', () => {
  const due = { at: six, timeZone: 'UTC', nowMs: Date.parse('2026-11-21T14:00:00Z') };
  const missed = dueDigest({ ...due, digestedMs: Date.parse('2026-11-17T06:00:00Z') });
  expect(missed).toEqual({ dueMs: Date.parse('2026-11-21T06:00:00Z'), isNew: false });
  expect(dueDigest({ ...due, digestedMs: missed?.dueMs ?? 0 })).toBeNull();
});

test('a late one just before midnight does not cost the next day its own', () => {
  const settled = '2026-11-19T23:59:00Z';
  expect(digests('2026-11-21T02:00:00Z', '2026-11-22T12:00:00Z', { at: 1439, timeZone: 'UTC', settled })).toEqual([
    '2026-11-21T02:00',
    '2026-11-21T23:59',
  ]);
});

test('another time of the day makes no second digest of that day', () => {
  const digestedMs = Date.parse('2026-11-21T06:00:00Z');
  const later = { at: 9 * 60, timeZone: 'UTC', digestedMs };
  expect(dueDigest({ ...later, nowMs: Date.parse('2026-11-21T09:30:00Z') })).toBeNull();
  expect(dueDigest({ ...later, nowMs: Date.parse('2026-11-22T09:00:00Z') })?.isNew).toBe(false);
});

test('a new server owes none for this morning, and one whose clock was years ahead gets its next one', () => {
  expect(digests('2026-11-21T12:00:00Z', '2026-11-22T12:00:00Z', { settled: null })).toEqual(['2026-11-22T05:00']);
  expect(digests('2026-11-21T12:00:00Z', '2026-11-22T12:00:00Z', { settled: '2031-01-01T06:00:00Z' })).toEqual([
    '2026-11-22T05:00',
  ]);
});

test('a digest looks back to the last one, to a day before the first, and never further than what is kept', () => {
  const nowMs = Date.parse('2026-11-21T06:00:00Z');
  const before = (hours: number): number => nowMs - hours * 60 * minuteMs;
  expect(digestSince(before(25), nowMs)).toBe(before(25));
  expect(digestSince(null, nowMs)).toBe(before(24));
  expect(digestSince(before(200), nowMs)).toBe(before(48));
});
