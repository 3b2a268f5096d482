import { stripVTControlCharacters } from 'node:util';
import { isMillis } from '@berth/common/duration.ts';
import { isBytes } from '@berth/common/size.ts';
import type { JobRecord, JobRecords } from '../jobs/jobs-file.ts';
import type { Review } from '../jobs/review.ts';
import type { SourceStatus } from './status.ts';
import { storedOf } from './stored.ts';

/** When the tests of `status` take place: a Saturday noon. */
export const nowMs = Date.parse('2026-11-14T12:00:00Z');
export const hourMs = 3_600_000;
export const gib = 1024 ** 3;

/** So many milliseconds ago, UTC. */
export const before = (agoMs: number): string => new Date(nowMs - agoMs).toISOString();

const bytes = (count: number) => {
  if (!isBytes(count)) throw new Error('no bytes');
  return count;
};
const millis = (count: number) => {
  if (!isMillis(count)) throw new Error('no span of time');
  return count;
};

/** What a review found; say what differs. */
export const review = (change: Partial<Review> = {}): Review => ({
  findings: [],
  frozen: null,
  usage: { live: { bytes: bytes(60 * gib), objects: 4000 }, trash: { bytes: bytes(23 * gib), objects: 300 } },
  snapshots: 120,
  locks: { count: 1, oldestAgeMs: hourMs },
  damaged: { count: 0, first: [] },
  lastChangeAt: before(2 * hourMs),
  ...change,
});

/** A job that came to its end so long ago, and what it answered. */
export const record = (agoMs: number, result: unknown): JobRecord => ({
  startedAt: before(agoMs),
  endedAt: before(agoMs),
  outcome: 'done',
  failures: 0,
  mark: null,
  failure: null,
  answer: { at: before(agoMs), result },
});

/** A source that is fine, of which these jobs tell; say what differs. */
export const sourceStatus = (
  name: string,
  change: Partial<SourceStatus> = {},
  jobs: JobRecords = { [name]: { review: record(hourMs, review()) } },
): SourceStatus => ({
  ...{ name, uid: 4001, keys: ['SHA256:abc'], quotaBytes: null, access: 'restic', immutable: false },
  ...{ everyMs: millis(24 * hourMs), window: null, overdueAfterMs: millis(48 * hourMs) },
  policy: { retention: null, prune: null, check: null },
  ...{ state: 'fine', words: null, lastSuccessAt: before(9 * hourMs), overdueAt: before(-39 * hourMs) },
  nextSlotAt: '2026-11-15T02:10:00.000Z',
  lastRun: {
    ...{ run: 'r', endedAt: before(9 * hourMs), durationMs: 12 * 60_000, outcome: 'ok', message: null, warnings: 0 },
    ...{ bytesRead: 60 * gib, bytesAdded: 1.5 * gib, bytesStored: gib, bytesPruned: null, snapshots: 120 },
  },
  now: { kind: 'idle' },
  ...{ sftp: null, ingest: null, phone: null, sessions: 0, lastActivity: before(2 * hourMs) },
  stored: storedOf(jobs, name, change.quotaBytes ?? null),
  ...change,
});

/** Lines as they are without colours. */
export const plain = (lines: readonly string[]): readonly string[] => lines.map(stripVTControlCharacters);
