import type { z } from 'zod';
import { type Condition, keyOf, type Word } from '../events/condition.ts';
import type { ServerConfig, Source } from '../sources/source.ts';
import type { Plan } from './due.ts';
import type { Job } from './job.ts';
import { purgeJob } from './purge.ts';
import { findingSchema, type Review, reviewJob } from './review.ts';
import { scrubJob } from './scrub.ts';
import { scrubWords, summaryOf } from './scrub-summary.ts';

/** Runs a job on the source in question. Throws as `startJob` does. */
export type Start = <Arguments extends z.ZodType, Result extends z.ZodType>(
  job: Job<Arguments, Result>,
  args: z.input<Arguments>,
) => Promise<z.output<Result>>;

/** What a planned job came to. */
export interface Outcome {
  /** What is remembered of its answer. */
  readonly answer: unknown;
  /** What became of conditions by it. */
  readonly words: readonly Word[];
}

/** A job that the server runs by itself on every source that stores through restic. */
export interface PlannedJob extends Pick<Plan, 'name' | 'lane' | 'needsClock'> {
  /** Also soon after the source's journal changed. */
  readonly afterChange: boolean;
  /** So long it may take; then it is stopped, and that is a failure. */
  readonly longestMs: number;
  readonly run: (about: {
    readonly source: Source;
    readonly settings: ServerConfig['settings'];
    readonly start: Start;
    /** The conditions that are open. */
    readonly open: () => readonly Condition[];
    /** `ClockState.settledAtMs` now. */
    readonly clockSettledAtMs: () => number | null;
  }) => Promise<Outcome>;
}

const hourMs = 3_600_000;

/** The job that only reads a source's journal. */
export const reviewName = 'review';

/** What the server does by itself, the most urgent first. */
export const plannedJobs: readonly PlannedJob[] = [
  {
    ...{ name: reviewName, lane: 'quick', needsClock: false, afterChange: true, longestMs: hourMs },
    run: async ({ source, start, open }) => {
      const startedAtMs = Date.now();
      const review = await start(reviewJob, { brake: source.brake, quotaBytes: source.quotaBytes });
      return { answer: review, words: reviewWords({ source: source.name, review, open: open(), startedAtMs }) };
    },
  },
  {
    ...{ name: 'purge', lane: 'heavy', needsClock: true, afterChange: false, longestMs: 6 * hourMs },
    run: async ({ source: { protectMs, brake }, start, clockSettledAtMs }) => {
      // That a source is frozen is the review's to say.
      const answer = await start(purgeJob, { protectMs, brake, clockSettledAtMs: clockSettledAtMs(), dryRun: false });
      return { answer, words: [] };
    },
  },
  {
    ...{ name: 'scrub', lane: 'heavy', needsClock: false, afterChange: false, longestMs: 23 * hourMs },
    run: async ({ source, settings: { scrubMs, scrubRate }, start }) => {
      const result = await start(scrubJob, { scrubMs, rateBytesPerSecond: scrubRate, all: false });
      return { answer: summaryOf(result), words: scrubWords(source.name, result) };
    },
  },
];

/** What follows from a review: its findings are so, and what it could have found is not. */
export const reviewWords = (about: {
  readonly source: string;
  readonly review: Review;
  readonly open: readonly Condition[];
  readonly startedAtMs: number;
}): readonly Word[] => {
  const { source, review, open, startedAtMs } = about;
  const subject = null;
  const raised = review.findings.map(({ key: code, severity, text, remedy }) => ({
    raise: { code, source, subject, severity, text: `${source}: ${text}`, remedy },
  }));
  const found = new Set(review.findings.map(({ key }) => key));
  const gone = findingSchema.shape.key.options.filter((code) => !found.has(code));
  return [
    ...gone.map((code) => ({ resolve: keyOf({ code, source, subject }) })),
    ...raised,
    ...backAgain(source, review, open, startedAtMs),
  ];
};

/** Objects that were damaged and are live again. What was raised since the review began it may not have seen. */
const backAgain = (
  source: string,
  { damaged: { count, first } }: Review,
  open: readonly Condition[],
  startedAtMs: number,
): readonly Word[] => {
  const damaged = new Set(first);
  const isBack = (key: string): boolean => {
    const prefix = `${keyOf({ code: 'bit-rot', source, subject: null })}:`;
    if (!key.startsWith(prefix)) return count === 0;
    return count === first.length && !damaged.has(key.slice(prefix.length));
  };
  return open
    .filter((condition) => condition.source === source && condition.code === 'bit-rot')
    .filter(({ key, since }) => Date.parse(since) < startedAtMs && isBack(key))
    .map(({ key }) => ({ resolve: key }));
};
