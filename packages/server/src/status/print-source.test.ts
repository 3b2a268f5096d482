import { expect, test } from 'vitest';
import { phoneFacts } from '../ingest/testing.ts';
import { examplePhone } from '../monitor/testing.ts';
import type { SourceRun } from './coordinated.ts';
import { printRuns } from './print-runs.ts';
import { printSource } from './print-source.ts';
import { storedOf } from './stored.ts';
import { before, gib, hourMs, nowMs, plain, record, review, sourceStatus } from './testing.ts';

const reader = { nowMs, timeZone: 'Europe/Berlin' };
const linesOf = (text: string): readonly string[] => plain(text.split('\n'));

test('a source is shown with its state, its plan, what is asked of its runs, and what it stores', () => {
  const scrub = { checked: 9, bad: 0, stopped: null };
  const cycle = { startedAt: nowMs - 72 * hourMs, bad: 0, endedAt: null, bytes: 41.5 * gib };
  const jobs = {
    laptop: { review: record(hourMs, review()), scrub: record(hourMs, { ...scrub, cycle }) },
  };
  const retention = { daily: 30, weekly: 8, monthly: 12, yearly: 3, keepWithinMs: 48 * hourMs };
  const source = sourceStatus(
    'laptop',
    {
      ...{ window: '22:00-06:00', state: 'warned', words: 'The last run had 2 warnings.' },
      policy: { retention, prune: null, check: { everyMs: 24 * hourMs, sharePercent: 2.5 } },
      now: { kind: 'running', since: before(12 * 60_000), step: 'backup', percent: 43 },
    },
    jobs,
  );
  expect(linesOf(printSource(source, null, reader))).toEqual([
    'source         laptop',
    'state          warned: The last run had 2 warnings.',
    `last success   ${before(9 * hourMs)}, 9 h ago`,
    `overdue        at ${before(-39 * hourMs)}`,
    'plan           every 1d in 22:00-06:00, next tonight 03:10 (2026-11-15T02:10:00.000Z)',
    'now            running for 12m, backup, 43 %',
    'keeps          daily 30, weekly 8, monthly 12, yearly 3, all within 2d',
    'prunes         as its agent.yaml says',
    'checks         every 1d, 2.5% of the data',
    'uid            4001',
    'key            SHA256:abc',
    'sessions       0',
    `last activity  ${before(2 * hourMs)}`,
    'live           60 GiB in 4000 objects',
    'trash          23 GiB in 300 objects',
    'snapshots      120',
    'locks          1, the oldest 2h old',
    `scrub          50 % of everything since ${before(72 * hourMs)}, nothing bad; last 60 min ago`,
    'reviewed       60 min ago',
    'quota          none',
    '',
  ]);
});

test('one that is overdue, waits, and never ran says so', () => {
  const waits = { kind: 'waiting', since: before(60_000), position: 2 } as const;
  const source = sourceStatus('laptop', {
    ...{ state: 'overdue', words: 'Never backed up.', lastSuccessAt: null, overdueAt: before(hourMs) },
    ...{ nextSlotAt: null, now: waits },
  });
  const text = plain([printSource(source, null, reader)])[0];
  expect(text).toContain(`last success   never\noverdue        since ${before(hourMs)}\n`);
  expect(text).toContain(
    'plan           every 1d, no slot known yet\nnow            waiting for 1m, 2nd in the queue\n',
  );
});

test('of an SFTP source there is no plan to show', () => {
  const text = printSource(sourceStatus('scanner', { access: 'sftp', stored: null }), null, reader);
  expect(text).toContain('plan           none: it comes by itself, about every 1d\n');
  expect(text).not.toMatch(/^(keeps|prunes|checks|now) /m);
});

test('a frozen source says so, and since when', () => {
  const spot = { seq: 202611000000001, at: before(hourMs) };
  const removed = { ...review().usage.live, snapshots: 1 };
  const frozen = { what: 'snapshots', share: 1, removed, since: before(hourMs), from: spot, to: spot } as const;
  const source = sourceStatus('laptop', {}, { laptop: { review: record(hourMs, review({ frozen })) } });
  expect(linesOf(printSource(source, null, reader))).toContain(
    `FROZEN         since ${before(hourMs)}: nothing of its trash is purged`,
  );
});

const run = (change: Partial<SourceRun> = {}): SourceRun => ({
  ...{ run: 'r', startedAt: before(10 * hourMs), endedAt: before(9 * hourMs), durationMs: hourMs, heldMs: null },
  ...{ skewMs: 0, outcome: 'ok', reason: null, message: null, dryRun: false, snapshot: 'ab12cd34', attempts: 1 },
  ...{ warnings: 0, bytesRead: 60 * gib, bytesAdded: 1.5 * gib, bytesStored: gib, bytesPruned: null, snapshots: 7 },
  ...{ snapshotsRemoved: null, dumps: null, berthVersion: '0.1.0', resticVersion: '0.18.0', troubles: [], ...change },
});

test('the last runs are listed, and the newest that failed has its reason in the words of restic, printable', () => {
  const words = ['repo already locked, waiting', 'Fatal: unable to create lock\u001b[31m'];
  const failed = run({
    ...{ endedAt: before(hourMs), outcome: 'failed', message: 'The repository is locked.', snapshot: null },
    ...{ bytesRead: null, bytesAdded: null, bytesStored: null, snapshots: null, warnings: 1 },
    troubles: [{ name: 'backup', outcome: 'failed', reason: 'locked', words, warnings: ['one warning'] }],
  });
  expect(linesOf(printRuns([failed, run({ dryRun: true }), run()], reader)).map((line) => line.split(/ {2,}/))).toEqual(
    [
      [''],
      ['ENDED', 'RUN', 'TOOK', 'READ', 'ADDED', 'STORED', 'PRUNED', 'SNAPSHOTS', 'WARNINGS'],
      ['60 min ago', 'failed', '1h', '-', '-', '-', '-', '-', '1'],
      ['9 h ago', 'ok (dry)', '1h', '60 GiB', '1.5 GiB', '1 GiB', '-', '7', '0'],
      ['9 h ago', 'ok', '1h', '60 GiB', '1.5 GiB', '1 GiB', '-', '7', '0'],
      ['The last one: The repository is locked.'],
      ['', 'backup: failed'],
      ['', 'repo already locked, waiting'],
      ['', 'Fatal: unable to create lock\\u{1b}[31m'],
      ['', 'one warning'],
      [''],
    ],
  );
  expect(printRuns([], reader)).toBe('');
});

test('what an older server wrote and nobody understands is not known, rather than an error', () => {
  expect(storedOf({ laptop: { review: record(hourMs, { snapshots: 'many' }) } }, 'laptop', null)).toBe(null);
});

test('a phone is shown with its folders, its mirror and when it was seen, and without a key', () => {
  const { ingest } = examplePhone('lisa-phone', nowMs);
  const phone = (change: Parameters<typeof phoneFacts>[2] = {}) =>
    linesOf(
      printSource(
        sourceStatus('lisa-phone', { ingest, keys: [], phone: phoneFacts('lisa-phone', nowMs, change) }),
        null,
        reader,
      ),
    );
  const lines = phone();
  expect(lines.slice(lines.indexOf('uid            4001'))).toMatchObject([
    'uid            4001',
    'key            none: it is backed up on this server',
    'arrives in     /volume1/phones/lisa-phone',
    'seen           Syncthing saw the phone 2 h ago',
    'mirror         /volume1/photos/lisa-phone',
    expect.stringMatching(/^last 24 hours {2}14 photos came, .*\(100,342 files, 412 GiB\)$/),
    'sessions       0',
    ...lines.slice(lines.indexOf('sessions       0') + 1),
  ]);
  expect(phone({ ingest: 'missing' })).toContain('arrives in     /volume1/phones/lisa-phone: missing');
  expect(linesOf(printSource(sourceStatus('laptop'), null, reader)).join()).not.toMatch(/mirror|arrives|seen/);
});
