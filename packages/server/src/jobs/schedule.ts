import { setImmediate } from 'node:timers';
import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import { homeIn } from '../accounts/directories.ts';
import { keyOf, type Word } from '../events/condition.ts';
import { readConditions } from '../events/files.ts';
import type { Keeper } from '../events/keeper.ts';
import type { ServerConfig, Source } from '../sources/source.ts';
import { type ClockGuard, clockOf } from './clock.ts';
import { diskWords, spaceOf } from './disk-room.ts';
import { due, type Plan, type Running, type Scheduled } from './due.ts';
import { JobLog } from './job-log.ts';
import type { JobRecord } from './jobs-file.ts';
import { journalMark } from './journal-mark.ts';
import { type PlannedJob, plannedJobs } from './planned.ts';
import { type JobPlace, startJob } from './start.ts';

/** How often things happen, in milliseconds. */
export interface Cadence {
  readonly tickMs: number;
  readonly diskMs: number;
  /** The shortest time between two reviews of a source whose journal goes on changing. */
  readonly afterChangeMs: number;
  /** The first wait after a failure, which doubles with each further one. */
  readonly retryMs: number;
  /** By job; a day where nothing stands. */
  readonly everyMs: Readonly<Record<string, number>>;
  /** Over how long a start spreads a hundred sources, by job; at once where nothing stands. */
  readonly spreadMs: Readonly<Record<string, number>>;
}

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];

/** How a server that nobody told otherwise goes about it. Only tests say otherwise. */
export const usualCadence: Cadence = {
  tickMs: 10_000,
  diskMs: minuteMs,
  afterChangeMs: minuteMs,
  retryMs: 5 * minuteMs,
  everyMs: { review: dayMs, purge: dayMs, scrub: dayMs },
  spreadMs: { review: 5 * minuteMs, purge: hourMs, scrub: 2 * hourMs },
};

export interface ScheduleOptions {
  readonly dataDir: string;
  readonly place: JobPlace;
  readonly clock: Pick<ClockGuard, 'look' | 'stop'>;
  readonly keeper: Pick<Keeper, 'say'>;
  /** Sources that have a session now. */
  readonly active: () => ReadonlySet<string>;
  readonly log: Logger;
  readonly cadence?: Partial<Cadence>;
  /** For tests. */
  readonly jobs?: readonly PlannedJob[];
}

interface Known {
  source: Source;
  readonly knownSinceMs: number;
  readonly firstMark: string;
  mark: string;
}

interface Live extends Running {
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Starts what is due, for as long as the server runs (due.ts decides what that is): reviews, purges and scrubs of every
 * source that stores through restic. Also looks at the clock and at the room on the disk. Nothing that goes wrong here
 * ends the server: it becomes a condition, and is tried again.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #cadence: Cadence;
  readonly #jobs: readonly PlannedJob[];
  readonly #plans: readonly Plan[];
  readonly #known = new Map<string, Known>();
  readonly #running = new Set<Live>();
  readonly #done: JobLog;
  readonly #stopping = new AbortController();
  #settings: ServerConfig['settings'] | null = null;
  /** All that are in force, SFTP sources too. */
  #names: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | null = null;
  #diskAtMs = Number.NEGATIVE_INFINITY;
  #journalsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#cadence = { ...usualCadence, ...options.cadence };
    this.#jobs = options.jobs ?? plannedJobs;
    this.#done = new JobLog(options.dataDir, options.log);
    const { afterChangeMs, everyMs, spreadMs } = this.#cadence;
    this.#plans = this.#jobs.map(({ name, lane, needsClock, afterChange }) => ({
      ...{ name, lane, needsClock, afterChangeMs: afterChange ? afterChangeMs : null },
      ...{ everyMs: everyMs[name] ?? dayMs, spreadMs: spreadMs[name] ?? 0 },
    }));
  }

  /** The sources in force. What runs on one that is gone, or has another UID, is stopped. */
  watch({ sources, settings }: ServerConfig): void {
    this.#settings = settings;
    this.#names = new Set<string>(sources.map(({ name }) => name));
    const listed = new Map<string, Source>(
      sources.filter(({ access }) => access === 'restic').map((source) => [source.name, source]),
    );
    for (const [name, { source }] of this.#known) {
      if (listed.get(name)?.uid === source.uid) continue;
      this.#known.delete(name);
      for (const live of this.#running) if (live.source === name) live.stopping.abort();
    }
    for (const [name, source] of listed) {
      const known = this.#known.get(name);
      if (known !== undefined) {
        known.source = source;
        continue;
      }
      const { mark } = this.#markOf(source);
      this.#known.set(name, { source, knownSinceMs: Date.now(), firstMark: mark, mark });
    }
    if (this.#timer !== undefined) this.#forgetOthers();
  }

  /** Begins. `watch` has been called. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#cadence.tickMs);
    this.#forgetOthers();
    this.#tick();
  }

  /** Ends every job; a scrub or purge goes on from there after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    for (const { stopping } of this.#running) stopping.abort();
    await this.#turn;
    await Promise.all([...this.#running].map(({ ended }) => ended));
    this.#done.write();
    await this.#options.clock.stop();
  }

  #tick(): void {
    if (this.#turn !== null || this.#stopping.signal.aborted) return;
    this.#turn = this.#look()
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'what is due could not be told; it is tried again'),
      )
      .finally(() => {
        this.#turn = null;
      });
  }

  async #look(): Promise<void> {
    const { trusted, word } = await this.#options.clock.look();
    await this.#options.keeper.say([word, ...(await this.#diskWords())]);
    if (this.#stopping.signal.aborted) return;
    if (!trusted) {
      const hasToStop = new Set(this.#plans.filter(({ needsClock }) => needsClock).map(({ name }) => name));
      for (const live of this.#running) if (hasToStop.has(live.job)) live.stopping.abort();
    }
    this.#lookAtJournals();
    const wanted = due({
      nowMs: Date.now(),
      plans: this.#plans,
      sources: [...this.#known].map(
        ([name, { knownSinceMs, firstMark, mark }]): Scheduled => ({ name, knownSinceMs, firstMark, mark }),
      ),
      lastRun: (source, job) => this.#done.lastRun(source, job),
      running: [...this.#running],
      isClockTrusted: trusted,
      retryMs: this.#cadence.retryMs,
    });
    for (const running of wanted) this.#begin(running);
  }

  #lookAtJournals(): void {
    if (performance.now() < this.#journalsAtMs + this.#cadence.tickMs / 2) return;
    this.#journalsAtMs = performance.now();
    let active: ReadonlySet<string> | null = null;
    for (const [name, known] of this.#known) {
      const { mark, blind } = this.#markOf(known.source);
      known.mark = mark;
      if (!blind) continue;
      active ??= this.#options.active();
      // It may be changing, for all that can be seen.
      if (active.has(name)) known.mark = `${mark} ${Math.floor(performance.now() / this.#cadence.afterChangeMs)}`;
    }
  }

  /** Whatever a review may answer differently to: what was written, and what the admin allows. */
  #markOf(source: Source): { readonly mark: string; readonly blind: boolean } {
    const { mark, blind } = journalMark(homeIn(this.#options.dataDir, source));
    return { mark: `${mark ?? 'nothing'} ${source.quotaBytes} ${source.brake}`, blind };
  }

  async #diskWords(): Promise<readonly Word[]> {
    if (performance.now() < this.#diskAtMs + this.#cadence.diskMs) return [];
    this.#diskAtMs = performance.now();
    const { dataDir } = this.#options;
    const open = new Set(readConditions(dataDir).map(({ key }) => key));
    return diskWords(await spaceOf(dataDir), this.#settings?.floorBytes ?? null, (key) => open.has(key));
  }

  #begin(running: Running): void {
    const job = this.#jobs.find(({ name }) => name === running.job);
    const known = this.#known.get(running.source);
    if (job === undefined || known === undefined) return;
    const stopping = new AbortController();
    const ended = this.#run(job, known, stopping.signal).finally(() => {
      this.#running.delete(live);
      // Whoever waited for room.
      setImmediate(() => this.#tick());
    });
    const live: Live = { ...running, stopping, ended };
    this.#running.add(live);
  }

  async #run(job: PlannedJob, { source, mark }: Known, stop: AbortSignal): Promise<void> {
    const { dataDir, place, keeper, log } = this.#options;
    const settings = this.#settings;
    if (settings === null) return;
    const before = this.#done.last(source.name, job.name);
    const begun: JobRecord = {
      startedAt: new Date().toISOString(),
      endedAt: null,
      outcome: null,
      failures: before?.failures ?? 0,
      mark,
      failure: before?.failure ?? null,
      answer: before?.answer ?? null,
    };
    this.#done.remember(source.name, job.name, begun);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(job.longestMs)]);
    const end = (change: Pick<JobRecord, 'outcome' | 'failures' | 'failure'> & Partial<JobRecord>): void =>
      this.#done.remember(source.name, job.name, { ...begun, endedAt: new Date().toISOString(), ...change });
    const failed = { code: 'job-failed', source: source.name, subject: job.name } as const;
    try {
      const { answer, words } = await job.run({
        source,
        settings,
        start: (what, args) => startJob(place, source, what, args, { signal, background: true }),
        open: () => readConditions(dataDir),
        clockSettledAtMs: () => clockOf(dataDir).settledAtMs,
      });
      if (!this.#known.has(source.name)) return;
      const outcome = stop.aborted ? 'stopped' : 'done';
      end({ outcome, failures: 0, failure: null, answer: { at: begun.startedAt, result: answer } });
      await keeper.say([{ resolve: keyOf(failed) }, ...words]);
    } catch (error) {
      if (!this.#known.has(source.name)) return;
      const { failures, failure } = begun;
      if (stop.aborted) return end({ outcome: 'stopped', failures, failure });
      if (error instanceof Problem && error.code === 'source-busy') return end({ outcome: 'busy', failures, failure });
      const said = error instanceof Error ? error.message : String(error);
      const words = signal.aborted ? `It took longer than it may. ${said}` : said;
      if (!(error instanceof Problem))
        log.error({ source: source.name, job: job.name, err: error }, 'a job could not be run');
      end({ outcome: 'failed', failures: failures + 1, failure: words });
      const remedy = error instanceof Problem ? error.remedy : 'Look at the log of the server.';
      const text = `The ${job.name} of ${source.name} failed; it is tried again. ${words}`;
      await keeper.say([{ raise: { ...failed, severity: 'warning', text, remedy } }]);
    }
  }

  /** What is not in force any more has no conditions and no jobs. */
  #forgetOthers(): void {
    const names = this.#names;
    const { dataDir, keeper } = this.#options;
    this.#done.keepOnly(names);
    const gone = readConditions(dataDir).filter(({ source }) => source !== null && !names.has(source));
    void keeper.say(gone.map(({ key }) => ({ resolve: key })));
  }
}
