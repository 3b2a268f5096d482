import { WriteStream } from 'node:tty';
import { sourceStates } from '@berth/common/control/usage.ts';
import { expect, test } from 'vitest';
import { examplePhone } from '../monitor/testing.ts';
import { fleetNotes, fleetTable, ordinal, phoneNotes } from './fleet-table.ts';
import type { SourceStatus } from './status.ts';
import { before, hourMs, nowMs, plain, record, review, sourceStatus } from './testing.ts';

const reader = { nowMs, timeZone: 'Europe/Berlin' };
const rows = (...sources: readonly SourceStatus[]): readonly (readonly string[])[] =>
  plain(fleetTable(sources, reader)).map((line) => line.split(/ {2,}/));
const nothingYet = { stored: null, lastRun: null, lastSuccessAt: null } as const;

test('the table says of every source, in the order of the file, how it is, when it ran, when it will, and what it holds', () => {
  const lines = rows(
    sourceStatus('a-rather-long-hostname'),
    sourceStatus('tower', { state: 'overdue', lastSuccessAt: before(80 * hourMs), nextSlotAt: before(hourMs) }),
    sourceStatus('desk', { now: { kind: 'running', since: before(60_000), step: 'backup', percent: 43.9 } }),
    sourceStatus('attic', { now: { kind: 'waiting', since: before(60_000), position: 2 } }),
    sourceStatus('new', { ...nothingYet, state: 'never', nextSlotAt: '2026-11-15T23:10:00.000Z' }),
    sourceStatus('scanner', { ...nothingYet, access: 'sftp', nextSlotAt: null }),
  );
  expect(lines).toEqual([
    ['SOURCE', 'STATE', 'SUCCESS', 'NEXT SLOT', 'TOOK', 'ADDED', 'SIZE', 'SNAPSHOTS', 'TRASH'],
    ['a-rather-long-hostname', 'fine', '9 h ago', 'tonight 03:10', '12m', '1.5 GiB', '60 GiB', '120', '23 GiB'],
    ['tower', 'overdue', '3 d ago', 'due now', '12m', '1.5 GiB', '60 GiB', '120', '23 GiB'],
    ['desk', 'fine', '9 h ago', 'running 43 %', '12m', '1.5 GiB', '60 GiB', '120', '23 GiB'],
    ['attic', 'fine', '9 h ago', 'waiting 2nd', '12m', '1.5 GiB', '60 GiB', '120', '23 GiB'],
    ['new', 'never', 'never', 'Mon 00:10', '-', '-', '-', '-', '-'],
    ['scanner', 'fine', 'never', '-', '-', '-', '-', '-', '-'],
    ["Sizes are as the server's reviews found them, the oldest 60 min ago."],
  ]);
});

test('usual values fit 100 columns', () => {
  const sources = sourceStates.map((state) => sourceStatus('family-laptop', { state }));
  const widths = plain(fleetTable(sources, reader)).map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(100);
});

test.each([
  ['fine', '\u001b[32m'],
  ['warned', '\u001b[33m'],
  ['never', '\u001b[33m'],
  ['failing', '\u001b[31m'],
  ['overdue', '\u001b[31m'],
  ['unreadable', '\u001b[31m'],
] as const)('%s has its colour, and NO_COLOR is heard', (state, colour) => {
  const { env, stdout } = process;
  const cell = (given: Record<string, string>): string | undefined => {
    process.env = { ...given };
    return fleetTable([sourceStatus('laptop', { state })], reader)[1];
  };
  // A terminal, as far as `styleText` looks.
  const terminal = Object.create(stdout, {
    isTTY: { value: true },
    getColorDepth: { value: WriteStream.prototype.getColorDepth },
  });
  Object.defineProperty(process, 'stdout', { configurable: true, value: terminal });
  try {
    expect(cell({ TERM: 'xterm' })).toContain(`${colour}${state}\u001b[39m`);
    expect(cell({ TERM: 'xterm', NO_COLOR: '1' })).not.toContain('\u001b');
  } finally {
    process.env = env;
    Object.defineProperty(process, 'stdout', { configurable: true, value: stdout });
  }
});

test('what needs words has them under the table, without what could move a cursor', () => {
  const frozen = review({
    frozen: {
      ...{ what: 'snapshots', share: 1, since: before(hourMs) },
      removed: { ...review().usage.live, snapshots: 1 },
      from: { seq: 1, at: before(hourMs) },
      to: { seq: 2, at: before(hourMs) },
    },
    damaged: { count: 2, first: [] },
  });
  const sources = [
    sourceStatus('fine'),
    sourceStatus('new', { state: 'never', words: 'No backup yet.' }),
    sourceStatus('evil', { state: 'failing', words: 'The last run failed: \u001b[2Jgone\nfine' }),
    sourceStatus('lost', { state: 'unreadable', words: 'Its storage can not be read: EIO' }),
    sourceStatus('wiped', {}, { wiped: { review: record(hourMs, frozen) } }),
  ];
  expect(plain(fleetNotes(sources, []))).toEqual([
    'evil is failing: The last run failed: \\u{1b}[2Jgone\\nfine',
    'lost is unreadable: Its storage can not be read: EIO',
    'wiped is FROZEN: nothing of its trash is purged',
    'wiped is DAMAGED: see berth-server status wiped',
  ]);
  // What the open conditions say, which stand below, is not said twice.
  const conditions = [
    { code: 'run-failing', source: 'evil' },
    { code: 'quota-80', source: 'lost' },
  ];
  expect(plain(fleetNotes(sources, conditions))).not.toContainEqual(expect.stringContaining('evil'));
  expect(plain(fleetNotes(sources, conditions))).toContainEqual(expect.stringContaining('lost'));
});

test.each([
  [1, '1st'],
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [21, '21st'],
  [113, '113th'],
])('%d is the %s', (position, words) => {
  expect(ordinal(position)).toBe(words);
});

test('below the table each phone has a line, and machines have none', () => {
  const { ingest, phone } = examplePhone('lisa-phone', nowMs);
  const sources = [sourceStatus('lisa-phone', { ingest, phone }), sourceStatus('laptop')];
  expect(phoneNotes(sources, nowMs)).toEqual([
    'lisa-phone: 14 photos came, 3 were edited (older versions kept), 40 deleted on the phone stay in the mirror (100,342 files, 412 GiB). Syncthing saw the phone 2 h ago.',
  ]);
});
