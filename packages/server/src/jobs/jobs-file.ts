import { join } from 'node:path';
import { z } from 'zod';
import { readJson, replaceJson, setBrokenAside } from '../events/json-file.ts';
import type { LastRun } from './due.ts';
import { reviewSchema } from './review.ts';
import { scrubSummary } from './scrub-summary.ts';

const instant = z.iso.datetime();

/** One run of a job on a source, and what it last answered with when it came to its end. Times are UTC, ISO 8601. */
const jobRecord = z.object({
  startedAt: instant,
  /** Null while it runs, and when the server ended first. */
  endedAt: instant.nullable(),
  /** `busy`: an admin was at work on the source. `stopped`: the server ended, or the job was no longer wanted. */
  outcome: z.enum(['done', 'failed', 'busy', 'stopped']).nullable(),
  failures: z.int().nonnegative(),
  mark: z.string().nullable(),
  /** Since when it had been due; missing where an older server wrote it down. */
  dueSince: instant.optional(),
  /** Why the last one failed; null when it did not. */
  failure: z.string().nullable(),
  /** Why the source's storage could not be read; missing when it could. */
  unreadable: z.string().optional(),
  /** The last answer, and when the run began that gave it. */
  answer: z.object({ at: instant, result: z.unknown() }).nullable(),
});
export type JobRecord = z.infer<typeof jobRecord>;

const jobsFile = z.object({
  version: z.literal(1),
  /** By source, and then by job. */
  sources: z.record(z.string(), z.record(z.string(), jobRecord)),
});

/** What `<data>/jobs.json` holds: every job's last run on every source. */
export type JobRecords = Readonly<Record<string, Readonly<Record<string, JobRecord>>>>;

const fileIn = (dataDir: string): string => join(dataDir, 'jobs.json');

/** What jobs last did; nothing where the file is missing or broken. */
export const readJobs = (dataDir: string): JobRecords => {
  const read = readJson(fileIn(dataDir), jobsFile);
  return read.kind === 'ok' ? read.value.sources : {};
};

/** As `readJobs`, for the server at its start: a broken file is set aside, and said where. Every job is then due anew. */
export const takeJobs = (dataDir: string): { readonly jobs: JobRecords; readonly aside: string | null } => {
  const path = fileIn(dataDir);
  const aside = readJson(path, jobsFile).kind === 'broken' ? setBrokenAside(path) : null;
  return { jobs: readJobs(dataDir), aside };
};

/** Replaces what is known. */
export const writeJobs = (dataDir: string, sources: JobRecords): void =>
  replaceJson(fileIn(dataDir), { version: 1, sources });

/** A record as `due` takes it. */
export const lastRunOf = ({ startedAt, endedAt, outcome, failures, mark, dueSince }: JobRecord): LastRun => ({
  startedAtMs: Date.parse(startedAt),
  endedAtMs: endedAt === null ? null : Date.parse(endedAt),
  outcome,
  failures,
  mark,
  dueSinceMs: dueSince === undefined ? null : Date.parse(dueSince),
});

/** What the last review of a source said, and when; null before the first. */
export const reviewIn = (jobs: JobRecords, source: string) => answerIn(jobs, source, 'review', reviewSchema);

/** What the last scrub of a source said, and when; null before the first. */
export const scrubIn = (jobs: JobRecords, source: string) => answerIn(jobs, source, 'scrub', scrubSummary);

const answerIn = <Schema extends z.ZodType<object>>(jobs: JobRecords, source: string, job: string, schema: Schema) => {
  const answer = jobs[source]?.[job]?.answer ?? null;
  const read = answer === null ? null : schema.safeParse(answer.result);
  return answer !== null && read?.success ? { at: answer.at, ...read.data } : null;
};
