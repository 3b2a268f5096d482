import type { ReportDump, ReportStep } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { withoutCoordinator } from '../run/outbox.ts';
import { dumpLines, eventText } from './show-run.ts';

test('who waits sees the place in the queue and when it asks again', () => {
  const at = (position: number) => eventText({ type: 'waiting', position, retryAfterMs: 10_000, words: '' });
  expect(at(2)).toBe('waiting: 2nd in the queue, again in 10 s\n');
  expect([1, 3, 4, 11, 12, 13, 21, 112].map((position) => at(position).split(' ')[1])).toEqual([
    '1st',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '112th',
  ]);
});

test('of reports only what is not well is said', () => {
  const handed = { type: 'handed-in', delivered: 1, refused: 0, waiting: 0, detail: null } as const;
  expect(eventText(handed)).toBe('');
  expect(eventText({ ...handed, waiting: 3, detail: withoutCoordinator })).toBe('');
  expect(eventText({ ...handed, waiting: 1, detail: 'cut' })).toBe('The report waits on this machine: cut.\n');
  expect(eventText({ ...handed, refused: 2 })).toContain('did not take 2 reports');
});

const step: ReportStep = {
  ...{ name: 'dump', subject: 'shop', attempt: 1, startedAt: '2026-11-14T03:00:00Z', endedAt: '2026-11-14T03:00:02Z' },
  ...{ outcome: 'ok', reason: null, numbers: { dumpsMade: 2, bytesDumped: 2048 }, words: [], warnings: [] },
};

test('a step about one of several says which, and what it made', () => {
  const line = eventText({ type: 'step', step });
  expect(line).toMatch(/^dump shop +ok +2 s +2 dumps; 2(?:\.0)? KiB\n$/);
  const up = eventText({
    ...{ type: 'step' },
    step: { ...step, name: 'restart', numbers: { downMs: 3000 }, words: [], warnings: [] },
  });
  expect(up).toMatch(/^restart shop .*after 3 s\n$/);
});

test('what a dry run would do is said though all is well', () => {
  const would = { ...step, numbers: {}, words: ['would dump postgres-shop.dump'], warnings: [] };
  expect(eventText({ type: 'step', step: would })).toContain('    would dump postgres-shop.dump\n');
});

test('what a wake put right is said, and what it could not', () => {
  const things = [
    { kind: 'container', what: 'container shop-db-1', outcome: 'done', reason: null, words: 'started again' },
    { kind: 'unit', what: 'unit a\n.service', outcome: 'kept', reason: 'not-started-again', words: null },
  ] as const;
  expect(eventText({ type: 'recovered', end: { things, broken: null } })).toBe(
    'left by a run that was killed: container shop-db-1: put right (started again)\n' +
      'left by a run that was killed: unit a\ufffd.service: NOT put right yet (not-started-again)\n',
  );
});

test('of many dumps those that failed are named first', () => {
  const dump: ReportDump = {
    ...{ subject: 'shop', engine: 'postgres', database: 'orders', outcome: 'ok', reason: null, snapshot: 'e32c3a72ff' },
    ...{ bytes: 2048, tookMs: 5, verified: 'tool' },
  };
  const failed: ReportDump = { ...dump, database: null, outcome: 'failed', reason: 'dump-empty', snapshot: null };
  const lines = dumpLines({ dumps: [...Array.from({ length: 20 }, () => dump), failed] });
  expect(lines[0]).toBe('postgres shop: NO DUMP (dump-empty).');
  expect(lines[1]).toMatch(/^postgres shop\/orders: snapshot e32c3a72, .*, checked by its own tool\.$/);
  expect(lines.at(-1)).toBe('… and 11 more dumps.');
});
