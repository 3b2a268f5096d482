import type { z } from 'zod';
import type { Disk } from '../store/disk.ts';
import type { IsAlive } from '../store/sessions.ts';

/** What a job works with. It runs as its source's UID, in the jail of that source's sessions. */
export interface JobContext {
  /** The source's own directory. */
  readonly directory: string;
  readonly disk: Disk;
  readonly now: () => Date;
  readonly pid: number;
  readonly isAlive: IsAlive;
  /** Aborted by SIGTERM and SIGINT. A job that stops early answers with what it did, or throws. */
  readonly signal: AbortSignal;
  /** Tells whoever started the job how far it is; JSON of the shape that job documents. */
  readonly progress: (value: unknown) => void;
  /**
   * What whoever started the job tells it while it runs: one JSON value a line, nothing of what is not JSON; over once there is nobody
   * any more. To be read once.
   */
  readonly told: () => AsyncIterable<unknown>;
}

/**
 * Server-side work on the files of one source. Arguments and result cross a process boundary as JSON, so both have a
 * schema. What it throws as a `Problem` reaches whoever started it; anything else is a bug.
 */
export interface Job<Arguments extends z.ZodType, Result extends z.ZodType> {
  readonly name: string;
  readonly args: Arguments;
  readonly result: Result;
  readonly run: (context: JobContext, args: z.output<Arguments>) => Promise<z.input<Result>>;
}

/** A job for the registry, with the types of its two schemas kept. */
export const defineJob = <Arguments extends z.ZodType, Result extends z.ZodType>(
  job: Job<Arguments, Result>,
): Job<Arguments, Result> => job;
