import type { Logger } from 'pino';
import { readConditions } from '../../events/files.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import type { JobRecord } from '../../jobs/jobs-file.ts';
import type { ServerFacts } from '../../monitor/link.ts';
import type { MonitorSettings } from '../../monitor/settings.ts';
import type { ServerConfig } from '../../sources/source.ts';
import type { ServerState } from '../state.ts';
import { addChange, changeBetween, readChanges } from './changes.ts';
import { serverFactsOf, sourceFactsOf } from './facts.ts';
import { fileMark, latestEvents, toldBackMs } from './history.ts';
import type { Monitor } from './monitor.ts';
import { networkMark } from './network.ts';

/** How often things happen, in milliseconds. */
export interface FeedCadence {
  /** A look at the files of what is wrong and what happened. */
  readonly recordsMs: number;
  /** A look at the server itself. */
  readonly serverMs: number;
  /** Secrets are read anew because a channel fails, at most so often. */
  readonly secretsMs: number;
}

const usualCadence: FeedCadence = { recordsMs: 1000, serverMs: 5000, secretsMs: 60_000 };

export interface FeedOptions {
  readonly dataDir: string;
  readonly monitor: Pick<
    Monitor,
    'settings' | 'server' | 'source' | 'phones' | 'conditions' | 'events' | 'changes' | 'restart'
  >;
  readonly state: () => ServerState;
  /** What was in force when the last server ended; null where none ran. */
  readonly before: ServerConfig | null;
  /** What sources.yaml says of whom to tell, with the secrets read anew. Never throws. */
  readonly settingsOf: (config: ServerConfig) => MonitorSettings;
  readonly log: Logger;
  /** For tests. */
  readonly cadence?: Partial<FeedCadence>;
}

/** Tells the monitor what only root may read, whenever it changes. Nothing here ends the server. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #cadence: FeedCadence;
  readonly #records = new Map<string, Readonly<Record<string, JobRecord>>>();
  readonly #said = new Map<string, string>();
  readonly #troubled = new Set<string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #config: ServerConfig | null;
  #jobs: ServerFacts['jobs'] = [];
  #hasBroken = false;
  #secretsAtMs = Number.NEGATIVE_INFINITY;
  #network = networkMark();
  #turn: Promise<void> | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#cadence = { ...usualCadence, ...options.cadence };
    this.#config = options.before;
  }

  /** What is in force from now on. */
  apply(config: ServerConfig): void {
    const before = this.#config;
    this.#config = config;
    for (const name of this.#records.keys()) {
      if (!config.sources.some((source) => source.name === name)) this.#records.delete(name);
    }
    this.#try('changes', () => {
      const { dataDir, monitor } = this.#options;
      const nowMs = Date.now();
      const change = before === null ? null : changeBetween(before, config, nowMs);
      if (change !== null) addChange(dataDir, change);
      monitor.changes(readChanges(dataDir, nowMs - toldBackMs));
    });
    this.readSecrets();
    for (const { name } of config.sources) this.#tellSource(name);
  }

  /** Reads the secrets anew, and tells the settings where they are others. */
  readSecrets(): void {
    const config = this.#config;
    if (config === null) return;
    this.#secretsAtMs = performance.now();
    this.#try('settings', () => {
      const settings = this.#options.settingsOf(config);
      this.#hasBroken = settings.broken.length > 0;
      this.#sayNew('settings', settings, () => this.#options.monitor.settings(settings));
    });
  }

  /** A channel does not work: somebody may be putting its secret right. */
  channelFails(): void {
    if (performance.now() >= this.#secretsAtMs + this.#cadence.secretsMs) this.readSecrets();
  }

  /** What jobs did on a source. */
  records(source: string, records: Readonly<Record<string, JobRecord>>): void {
    this.#records.set(source, records);
    this.#tellSource(source);
  }

  /** An SFTP source's files were looked at. */
  judged(source: string): void {
    this.#tellSource(source);
  }

  /** What is known of the phones. */
  phones(facts: readonly PhoneFacts[]): void {
    this.#try('phones', () => this.#sayNew('phones', facts, () => this.#options.monitor.phones(facts)));
  }

  /** The heavy jobs that run. */
  working(jobs: ServerFacts['jobs']): void {
    this.#jobs = jobs;
  }

  /** Begins to look. `apply` has been called. */
  start(): void {
    const { recordsMs, serverMs } = this.#cadence;
    this.#lookAtRecords();
    this.#lookAtServer();
    this.#timers.push(
      setInterval(() => this.#lookAtRecords(), recordsMs),
      setInterval(() => this.#lookAtServer(), serverMs),
    );
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #tellSource(name: string): void {
    const source = this.#config?.sources.find((candidate) => candidate.name === name);
    if (source === undefined) return;
    this.#try('source', () => {
      const { dataDir, state } = this.#options;
      const facts = sourceFactsOf(dataDir, source, this.#records.get(name) ?? {}, state().sftp[name] ?? null);
      this.#sayNew(`source ${name}`, facts, () => this.#options.monitor.source(name, facts));
    });
  }

  #lookAtRecords(): void {
    const { dataDir, monitor } = this.#options;
    this.#try('conditions', () => {
      const mark = fileMark(dataDir, ['conditions.json']);
      this.#sayNew('conditions', mark, () => monitor.conditions(readConditions(dataDir)));
    });
    this.#try('events', () => {
      const mark = fileMark(dataDir, ['events.jsonl', 'events.1.jsonl']);
      this.#sayNew('events', mark, () => monitor.events(latestEvents(dataDir, Date.now())));
    });
  }

  #lookAtServer(): void {
    if (this.#hasBroken) this.channelFails();
    this.#try('network', () => this.#lookAtNetwork());
    const config = this.#config;
    if (config === null || this.#turn !== null) return;
    const { dataDir, state, monitor } = this.#options;
    this.#turn = serverFactsOf({ dataDir, state: state(), up: true, config, jobs: this.#jobs })
      .then(
        (facts) => this.#try('server', () => this.#sayNew('server', facts, () => monitor.server(facts))),
        (error: unknown) => this.#trouble('server', error),
      )
      .finally(() => {
        this.#turn = null;
      });
  }

  #lookAtNetwork(): void {
    const mark = networkMark();
    if (mark === this.#network) return;
    this.#network = mark;
    this.#options.log.info('what finding a host by its name takes was replaced; the monitor is started anew');
    this.#options.monitor.restart();
  }

  /** Says it where it is not what was said last; what could not be said is said the next time. */
  #sayNew(what: string, value: unknown, say: () => void): void {
    const text = JSON.stringify(value);
    if (this.#said.get(what) === text) return;
    say();
    this.#said.set(what, text);
  }

  #try(what: string, action: () => void): void {
    try {
      action();
      this.#troubled.delete(what);
    } catch (error) {
      this.#trouble(what, error);
    }
  }

  #trouble(what: string, error: unknown): void {
    if (!this.#troubled.has(what))
      this.#options.log.error({ err: error, what }, 'something could not be told to the monitor; it is tried again');
    this.#troubled.add(what);
  }
}
