import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import { homeIn } from '../accounts/directories.ts';
import { keyOf } from '../events/condition.ts';
import { readConditions } from '../events/files.ts';
import type { Keeper } from '../events/keeper.ts';
import type { ServerConfig, Source } from '../sources/source.ts';
import { clockOf } from './clock.ts';
import type { JobLog } from './job-log.ts';
import type { JobRecord } from './jobs-file.ts';
import { type PlannedJob, reviewName } from './planned.ts';
import { type JobPlace, startJob } from './start.ts';
import { storageTrouble } from './storage-trouble.ts';

interface What {
  readonly job: PlannedJob;
  readonly source: Source;
  readonly settings: ServerConfig['settings'];
  /** What the journal looks like as it begins. */
  readonly mark: string;
  readonly dueSinceMs: number;
  /** It is no longer wanted, or has to give way. */
  readonly stop: AbortSignal;
  /** False once the source is not in force any more. */
  readonly isWanted: () => boolean;
}

interface Where {
  readonly dataDir: string;
  readonly place: JobPlace;
  readonly keeper: Pick<Keeper, 'say'>;
  readonly done: JobLog;
  readonly log: Logger;
}

/** Runs a planned job once, and writes down what came of it. Never throws: a failure is a condition, and is tried again. */
export const attempt = async (
  { job, source, settings, mark, dueSinceMs, stop, isWanted }: What,
  { dataDir, place, keeper, done, log }: Where,
): Promise<void> => {
  const before = done.last(source.name, job.name);
  const begun: JobRecord = {
    startedAt: new Date().toISOString(),
    endedAt: null,
    outcome: null,
    failures: before?.failures ?? 0,
    mark,
    dueSince: new Date(dueSinceMs).toISOString(),
    failure: before?.failure ?? null,
    answer: before?.answer ?? null,
    unreadable: before?.unreadable,
  };
  done.remember(source.name, job.name, begun);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(job.longestMs)]);
  const end = (change: Pick<JobRecord, 'outcome' | 'failures' | 'failure'> & Partial<JobRecord>): void =>
    done.remember(source.name, job.name, { ...begun, endedAt: new Date().toISOString(), ...change });
  /** Only a review is asked: it comes often, and reads whatever there is to know. */
  const trouble = (error: unknown): Pick<JobRecord, 'unreadable'> => ({
    unreadable: (job.name === reviewName && storageTrouble(homeIn(dataDir, source), error)) || undefined,
  });
  const failed = { code: 'job-failed', source: source.name, subject: job.name } as const;
  try {
    const { answer, words } = await job.run({
      source,
      settings,
      start: (what, args) => startJob(place, source, what, args, { signal, background: true }),
      open: () => readConditions(dataDir),
      clockSettledAtMs: () => clockOf(dataDir).settledAtMs,
    });
    if (!isWanted()) return;
    const outcome = stop.aborted ? 'stopped' : 'done';
    end({ ...trouble(null), outcome, failures: 0, failure: null, answer: { at: begun.startedAt, result: answer } });
    await keeper.say([{ resolve: keyOf(failed) }, ...words]);
  } catch (error) {
    if (!isWanted()) return;
    const { failures, failure } = begun;
    if (stop.aborted) return end({ outcome: 'stopped', failures, failure });
    if (error instanceof Problem && error.code === 'source-busy') return end({ outcome: 'busy', failures, failure });
    const said = error instanceof Error ? error.message : String(error);
    const words = signal.aborted ? `It took longer than it may. ${said}` : said;
    if (!(error instanceof Problem))
      log.error({ source: source.name, job: job.name, err: error }, 'a job could not be run');
    end({ ...trouble(error), outcome: 'failed', failures: failures + 1, failure: words });
    const remedy = error instanceof Problem ? error.remedy : 'Look at the log of the server.';
    const text = `The ${job.name} of ${source.name} failed; it is tried again. ${words}`;
    await keeper.say([{ raise: { ...failed, severity: 'warning', text, remedy } }]);
  }
};
