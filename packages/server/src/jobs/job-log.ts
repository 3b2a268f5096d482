import type { Logger } from 'pino';
import type { LastRun } from './due.ts';
import { type JobRecord, type JobRecords, lastRunOf, takeJobs, writeJobs } from './jobs-file.ts';

/** Jobs come in swarms: what they did is written down this long after the first of them. */
const writeAfterMs = 1000;

/**
 * What jobs did, over restarts of the server. What the disk does not take is kept, and written down with what comes next:
 * at worst a job is done once more.
 */
export class JobLog {
  readonly #dataDir: string;
  readonly #log: Logger;
  #records: JobRecords;
  #timer: NodeJS.Timeout | undefined;

  constructor(dataDir: string, log: Logger) {
    this.#dataDir = dataDir;
    this.#log = log;
    const { jobs, aside } = takeJobs(dataDir);
    this.#records = jobs;
    if (aside !== null) log.error({ aside }, 'jobs.json is broken: what jobs did is known no longer');
  }

  /** Null before the first. */
  last(source: string, job: string): JobRecord | null {
    return this.#records[source]?.[job] ?? null;
  }

  /** Everything that jobs did on a source. */
  of(source: string): Readonly<Record<string, JobRecord>> {
    return this.#records[source] ?? {};
  }

  /** As `due` asks for it. */
  lastRun(source: string, job: string): LastRun | null {
    const record = this.last(source, job);
    return record === null ? null : lastRunOf(record);
  }

  remember(source: string, job: string, record: JobRecord): void {
    this.#records = { ...this.#records, [source]: { ...this.#records[source], [job]: record } };
    this.#timer ??= setTimeout(() => this.write(), writeAfterMs);
  }

  /** Forgets every source but these. */
  keepOnly(names: ReadonlySet<string>): void {
    const gone = Object.keys(this.#records).filter((source) => !names.has(source));
    if (gone.length === 0) return;
    this.#records = Object.fromEntries(Object.entries(this.#records).filter(([source]) => names.has(source)));
    this.#timer ??= setTimeout(() => this.write(), writeAfterMs);
  }

  /** Writes at once what is not written yet. */
  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      writeJobs(this.#dataDir, this.#records);
    } catch (error) {
      this.#log.error({ err: error }, 'what jobs did could not be written down');
    }
  }
}
