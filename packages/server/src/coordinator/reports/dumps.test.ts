import type { Report } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { report } from '../testing.ts';
import { type DumpsOutline, dumpsOf, dumpsOutlineSchema, dumpsWords } from './dumps.ts';

const dump = (change: Partial<Report['dumps'][number]>): Report['dumps'][number] => ({
  ...{ subject: 'shop-db', engine: 'postgres', database: 'orders', outcome: 'ok', reason: null, snapshot: 'e32c3a72' },
  ...{ bytes: 1000, tookMs: 10, verified: 'tool' },
  ...change,
});
const step = (
  subject: string,
  outcome: 'ok' | 'failed' | 'incomplete',
  reason: string | null = null,
): Report['steps'][number] => ({
  ...{ name: 'dump', subject, attempt: 1, outcome, reason, numbers: {}, words: [], warnings: [] },
  ...{ startedAt: '2026-11-14T03:00:00Z', endedAt: '2026-11-14T03:00:01Z' },
});
const reportOf = (change: Partial<Report>): Report => report(Date.parse('2026-11-14T04:00:00Z'), change);
const failed = { outcome: 'failed', reason: 'database-refused', snapshot: null, verified: 'none' } as const;
const good = { outcome: 'ok', snapshot: 'e32c3a72' } as const;
const wordsOf = (dumps: DumpsOutline | null): string | null => (dumps === null ? null : dumpsWords(dumps));

test('three databases that were copied and verified are told in a line', () => {
  const dumps = [
    dump({}),
    dump({ database: 'crm' }),
    dump({ database: null }),
    dump({ subject: 'redis', database: null }),
  ];
  const told = dumpsOf(reportOf({ ...good, dumps, steps: [step('shop-db', 'ok'), step('redis', 'ok')] }), 5, null);
  expect(wordsOf(told)).toBe('3 databases, all verified');
  expect(told).toMatchObject({ atMs: 5, databases: 3, failingCount: 0 });
});

test('a source without databases has nothing to say of them', () => {
  expect(dumpsOf(reportOf(good), 5, null)).toBeNull();
});

test('one that failed stays red through runs that do not come to it, and until it succeeds', () => {
  const steps = [step('shop-db', 'incomplete')];
  const first = dumpsOf(
    reportOf({ outcome: 'incomplete', snapshot: 'e32c3a72', dumps: [dump(failed), dump({ database: 'crm' })], steps }),
    5,
    null,
  );
  expect(wordsOf(first)).toBe('2 databases, 1 FAILED: shop-db/orders (database-refused)');
  const cut = dumpsOf(reportOf({ outcome: 'failed', snapshot: null }), 6, first);
  expect(cut).toEqual(first);
  // Only one of the two was tried before the line was cut.
  const half = dumpsOf(
    reportOf({ outcome: 'failed', snapshot: null, dumps: [dump({ database: 'crm' })], steps }),
    7,
    cut,
  );
  expect(half?.failing).toMatchObject([{ database: 'orders', sinceMs: 5 }]);
  const again = dumpsOf(
    reportOf({ outcome: 'incomplete', snapshot: 'e32c3a72', dumps: [dump(failed)], steps }),
    8,
    half,
  );
  expect(again?.failing).toMatchObject([{ sinceMs: 5 }]);
  const well = dumpsOf(reportOf({ ...good, dumps: [dump({})], steps: [step('shop-db', 'ok')] }), 9, again);
  expect(wordsOf(well)).toBe('1 database, verified');
});

test('an entry that could not be asked at all is red, until any of its databases can be tried', () => {
  const away = dumpsOf(
    reportOf({
      outcome: 'incomplete',
      snapshot: 'e32c3a72',
      steps: [step('shop-db', 'failed', 'database-unreachable')],
    }),
    5,
    null,
  );
  expect(wordsOf(away)).toBe('1 database, 1 FAILED: shop-db (database-unreachable)');
  const back = dumpsOf(reportOf({ ...good, dumps: [dump({})], steps: [step('shop-db', 'ok')] }), 6, away);
  expect(back?.failingCount).toBe(0);
});

test('a database that was dropped, and an entry that was taken out of agent.yaml, are red no more', () => {
  const before = dumpsOf(
    reportOf({
      outcome: 'incomplete',
      snapshot: 'e32c3a72',
      dumps: [dump(failed)],
      steps: [step('shop-db', 'incomplete')],
    }),
    5,
    null,
  );
  expect(
    dumpsOf(reportOf({ ...good, dumps: [dump({ database: 'crm' })], steps: [step('shop-db', 'ok')] }), 6, before)
      ?.failingCount,
  ).toBe(0);
  expect(
    dumpsOf(reportOf({ ...good, dumps: [dump({ subject: 'other' })], steps: [step('other', 'ok')] }), 6, before)
      ?.failingCount,
  ).toBe(0);
  expect(dumpsOf(reportOf(good), 6, before)).toBeNull();
});

test('a dry run, and one that found another going on, change nothing', () => {
  const before = dumpsOf(reportOf({ ...good, dumps: [dump(failed)], steps: [step('shop-db', 'incomplete')] }), 5, null);
  expect(dumpsOf(reportOf({ ...good, dryRun: true }), 6, before)).toBe(before);
  expect(dumpsOf(reportOf({ outcome: 'busy', snapshot: null }), 6, before)).toBe(before);
});

test('hostile names and lists without end come to a few printable lines', () => {
  const hostile = '<img src=x onerror=alert(1)>\u001b[31m\r\n\u202e\0';
  const dumps = Array.from({ length: 200 }, (_, index) =>
    dump({ ...failed, subject: `${hostile}${index}`.slice(0, 120), database: hostile.repeat(8).slice(0, 255) }),
  );
  const told = dumpsOf(reportOf({ outcome: 'incomplete', snapshot: 'e32c3a72', dumps }), 5, null);
  expect(dumpsOutlineSchema.parse(told)).toEqual(told);
  expect(told?.failing).toHaveLength(50);
  expect(told?.failingCount).toBe(200);
  const said = wordsOf(told) ?? '';
  expect(said.length).toBeLessThan(700);
  expect(said).not.toMatch(/[\p{Cc}\u202e]/u);
});
