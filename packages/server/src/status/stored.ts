import { type JobRecords, reviewIn, scrubIn } from '../jobs/jobs-file.ts';
import type { Review } from '../jobs/review.ts';

/** What the last review and the last scrub of a source found. Times are UTC, ISO 8601. */
export interface Stored {
  /** When the review looked. */
  readonly at: string;
  readonly live: Review['usage']['live'];
  readonly trash: Review['usage']['trash'];
  readonly snapshots: number;
  /** restic's locks, and how long the oldest had stood when the review looked. */
  readonly locks: Review['locks'];
  /** Why nothing of its trash is purged; null when it is. */
  readonly frozen: Review['frozen'];
  /** Objects that were damaged or lost and have not come back. */
  readonly damaged: number;
  /** Live and trash, of the quota, in percent rounded down; null without one. */
  readonly quotaPercent: number | null;
  /** Null before the first. */
  readonly scrub: Scrubbed | null;
}

/** How far the scrub is with going through everything. */
export interface Scrubbed {
  /** When it last did anything. */
  readonly at: string;
  /** Of the time through that it is in, rounded down; 100 between two. */
  readonly percent: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** How many bad files this time through has found. */
  readonly bad: number;
}

/** Null before the first review. */
export const storedOf = (jobs: JobRecords, source: string, quotaBytes: number | null): Stored | null => {
  const review = reviewIn(jobs, source);
  if (review === null) return null;
  const { at, usage, snapshots, locks, frozen, damaged } = review;
  const bytes = usage.live.bytes + usage.trash.bytes;
  return {
    at,
    ...usage,
    snapshots,
    locks,
    frozen,
    damaged: damaged.count,
    quotaPercent: quotaBytes === null ? null : percentOf(bytes, quotaBytes),
    scrub: scrubbedOf(jobs, source, bytes),
  };
};

const scrubbedOf = (jobs: JobRecords, source: string, bytes: number): Scrubbed | null => {
  const scrub = scrubIn(jobs, source);
  if (scrub === null) return null;
  const { at, cycle } = scrub;
  const isDone = cycle.endedAt !== null;
  return {
    at,
    // What came since it began can make it seem further than it is.
    percent: isDone ? 100 : Math.min(99, percentOf(cycle.bytes, bytes)),
    startedAt: new Date(cycle.startedAt).toISOString(),
    endedAt: cycle.endedAt === null ? null : new Date(cycle.endedAt).toISOString(),
    bad: cycle.bad,
  };
};

const percentOf = (part: number, whole: number): number => (whole === 0 ? 0 : Math.floor((part / whole) * 100));
