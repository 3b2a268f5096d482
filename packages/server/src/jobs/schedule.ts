import { setImmediate } from 'node:timers';
import type { Logger } from 'pino';
import { homeIn } from '../accounts/directories.ts';
import type { StoredFacts } from '../coordinator/link.ts';
import type { Word } from '../events/condition.ts';
import { readConditions } from '../events/files.ts';
import type { Keeper } from '../events/keeper.ts';
import type { ServerConfig, Source } from '../sources/source.ts';
import { attempt } from './attempt.ts';
import type { ClockGuard } from './clock.ts';
import { diskWords, spaceOf } from './disk-room.ts';
import { due, givingWay, type Plan, type Running, type Scheduled } from './due.ts';
import { JobLog } from './job-log.ts';
import type { JobRecord } from './jobs-file.ts';
import { journalMark } from './journal-mark.ts';
import { type PlannedJob, plannedJobs, reviewName } from './planned.ts';
import type { JobPlace } from './start.ts';
import { storedFactsOf } from './stored-facts.ts';

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

/** One more whenever a review answers with more, so that a newer server does not go by an older one's for a day. */
const answerVersion = 2;

export interface ScheduleOptions {
  readonly dataDir: string;
  readonly place: JobPlace;
  readonly clock: Pick<ClockGuard, 'look' | 'stop'>;
  readonly keeper: Pick<Keeper, 'say'>;
  /** Sources that have a session now. */
  readonly active: () => ReadonlySet<string>;
  readonly log: Logger;
  readonly cadence?: Partial<Cadence>;
  /** Hears what the last review of a source found: of each when it comes into force, and after every review. */
  readonly onStored?: (source: string, facts: StoredFacts) => void;
  /** Hears what all jobs did on a source: when it comes into force, and after every job. */
  readonly onRecords?: (source: string, records: Readonly<Record<string, JobRecord>>) => void;
  /** Hears which heavy jobs run, whenever that changes. */
  readonly onWorking?: (jobs: readonly { readonly source: string; readonly job: string }[]) => void;
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
  #freePlaces: number | null = null;
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
      this.#tellStored(name);
      this.#options.onRecords?.(name, this.#done.of(name));
    }
    if (this.#timer !== undefined) this.#forgetOthers();
  }

  /** Begins. `watch` has been called. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#cadence.tickMs);
    this.#forgetOthers();
    this.#tick();
  }

  /**
   * So many heavy jobs may run from now on, because nobody's backup needs those places; null while no coordinator says.
   * What is too much stops, and goes on later.
   */
  setFreePlaces(free: number | null): void {
    this.#freePlaces = free;
    const surplus = givingWay([...this.#running], { nowMs: Date.now(), freePlaces: free });
    for (const { stopping } of surplus) stopping.abort();
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
      freePlaces: this.#freePlaces,
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

  /** Whatever a review may answer differently to: what was written, what the admin allows, and what it answers with. */
  #markOf(source: Source): { readonly mark: string; readonly blind: boolean } {
    const { mark, blind } = journalMark(homeIn(this.#options.dataDir, source));
    return { mark: `${mark ?? 'nothing'} ${source.quotaBytes} ${source.brake} ${answerVersion}`, blind };
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
    const ended = this.#attempt(job, known, running.dueSinceMs, stopping.signal).finally(() => {
      this.#running.delete(live);
      this.#tellWorking();
      // Whoever waited for room.
      setImmediate(() => this.#tick());
    });
    const live: Live = { ...running, stopping, ended };
    this.#running.add(live);
    this.#tellWorking();
  }

  async #attempt(job: PlannedJob, { source, mark }: Known, dueSinceMs: number, stop: AbortSignal): Promise<void> {
    const { dataDir, place, keeper, log } = this.#options;
    const settings = this.#settings;
    if (settings === null) return;
    const isWanted = (): boolean => this.#known.has(source.name);
    const where = { dataDir, place, keeper, log, done: this.#done };
    await attempt({ job, source, settings, mark, dueSinceMs, stop, isWanted }, where);
    if (!isWanted()) return;
    if (job.name === reviewName) this.#tellStored(source.name);
    this.#options.onRecords?.(source.name, this.#done.of(source.name));
  }

  #tellStored(source: string): void {
    const facts = storedFactsOf(this.#done.last(source, reviewName));
    if (facts !== null) this.#options.onStored?.(source, facts);
  }

  #tellWorking(): void {
    const heavy = [...this.#running].filter(({ lane }) => lane === 'heavy');
    this.#options.onWorking?.(heavy.map(({ source, job }) => ({ source, job })));
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
