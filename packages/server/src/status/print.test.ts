import { stripVTControlCharacters } from 'node:util';
import { isBytes } from '@berth/common/size.ts';
import { expect, test } from 'vitest';
import type { JobRecord, JobRecords } from '../jobs/jobs-file.ts';
import type { Review } from '../jobs/review.ts';
import { printSource, statusTable } from './print.ts';
import type { SourceStatus } from './status.ts';
import { storedOf } from './stored.ts';

const now = Date.parse('2026-11-14T12:00:00Z');
const hour = 3_600_000;
const bytes = (count: number) => {
  if (!isBytes(count)) throw new Error('no bytes');
  return count;
};
const gib = 1024 ** 3;
const at = (ago: number): string => new Date(now - ago).toISOString();

const review: Review = {
  findings: [],
  frozen: null,
  usage: { live: { bytes: bytes(60 * gib), objects: 4000 }, trash: { bytes: bytes(23 * gib), objects: 300 } },
  snapshots: 120,
  locks: { count: 1, oldestAgeMs: hour },
  damaged: { count: 0, first: [] },
  lastChangeAt: at(2 * hour),
};
const record = (ago: number, result: unknown): JobRecord => ({
  startedAt: at(ago),
  endedAt: at(ago),
  outcome: 'done',
  failures: 0,
  mark: null,
  failure: null,
  answer: { at: at(ago), result },
});
const scrub = (cycle: object) => ({
  checked: 9,
  bad: 0,
  stopped: null,
  cycle: { startedAt: now - 72 * hour, bad: 0, endedAt: null, ...cycle },
});

const sourceOf = (name: string, jobs: JobRecords, quota: number | null): SourceStatus => ({
  name,
  uid: 4001,
  keys: ['SHA256:abc'],
  quotaBytes: quota === null ? null : bytes(quota),
  access: 'restic',
  immutable: false,
  sftp: null,
  sessions: 0,
  lastActivity: at(2 * hour),
  stored: storedOf(jobs, name, quota),
});
const plain = (lines: readonly string[]): readonly string[] => lines.map((line) => stripVTControlCharacters(line));

test('the table tells live from trash, how full, how far, and what is wrong, within 100 columns', () => {
  const jobs: JobRecords = {
    'a-rather-long-hostname': { review: record(hour, review), scrub: record(hour, scrub({ bytes: 41.5 * gib })) },
    laptop: {
      review: record(60_000, { ...review, damaged: { count: 2, first: [] } }),
      scrub: record(hour, scrub({ bytes: 0, endedAt: now - hour })),
    },
  };
  const sources = [
    sourceOf('a-rather-long-hostname', jobs, 100 * gib),
    sourceOf('laptop', jobs, null),
    sourceOf('new', jobs, null),
  ];
  const lines = plain(statusTable(sources, now));
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ['SOURCE', 'LIVE', 'TRASH', 'QUOTA', 'SNAPSHOTS', 'LOCKS', 'SCRUB', 'SESSIONS', 'CHANGED', 'STATE'],
    ['a-rather-long-hostname', '60 GiB', '23 GiB', '83 %', '120', '1, 2h', '50 %', '0', '2h ago', 'ok'],
    ['laptop', '60 GiB', '23 GiB', 'none', '120', '1, 1h1m', '100 %', '0', '2h ago', 'DAMAGED'],
    ['new', '-', '-', 'none', '-', '-', '-', '0', '2h ago', 'ok'],
    ["As the server's reviews found it, the oldest 1h ago."],
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('a frozen source says so, and since when', () => {
  const spot = { seq: 202611000000001, at: at(hour) };
  const removed = { bytes: bytes(1), objects: 1, snapshots: 1 };
  const frozen = { what: 'snapshots', share: 1, removed, since: at(hour), from: spot, to: spot } as const;
  const source = sourceOf('laptop', { laptop: { review: record(hour, { ...review, frozen }) } }, null);
  expect(plain(statusTable([source], now))[1]).toMatch(/FROZEN$/);
  expect(stripVTControlCharacters(printSource(source, null, now))).toContain(`FROZEN         since ${at(hour)}`);
});

test('what an older server wrote and nobody understands is not known, rather than an error', () => {
  expect(storedOf({ laptop: { review: record(hour, { snapshots: 'many' }) } }, 'laptop', null)).toBe(null);
});
