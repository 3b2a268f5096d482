import type { Logger } from 'pino';
import type { Clock } from '../coordinator/clock.ts';
import { localTime } from '../coordinator/plan/local-time.ts';
import type { NumberedRun } from '../coordinator/state/rows.ts';
import type { LeaseRow } from '../coordinator/state/state.ts';
import type { Condition, ConditionEvent } from '../events/condition.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import type { History } from './history.ts';
import type { ServerFacts, SourceFacts, ToMonitor } from './link.ts';
import type { ConfigChange, Overview } from './overview.ts';
import { overviewOf } from './overview-of.ts';
import { CoordinatorReader } from './read-coordinator.ts';
import { SavedSizes } from './saved-sizes.ts';
import type { MonitorSettings } from './settings.ts';
import { sizeOfDisk, sizeOfSource } from './sizes.ts';
import type { MonitorState } from './state.ts';

export type { NumberedRun } from '../coordinator/state/rows.ts';

/** What is heard from the supervisor, but for questions. */
export type Heard = Exclude<ToMonitor, { readonly type: 'ask' }>;

/** What a gatherer works with. */
export interface GathererOptions {
  /** Sizes are kept there. It is not closed with the gatherer. */
  readonly state: MonitorState;
  /** The coordinator's folder: it is only read. */
  readonly coordinator: string;
  /** A folder of the monitor's own, for copies of a database that can not be read where it is; null to make none. */
  readonly copies: string | null;
  readonly clock: Clock;
  readonly log: Logger;
}

const tickMs = 1000;
const lookEveryMs = 2000;
/** What is shown says how long ago things were: after so long it is something else, though nothing has happened. */
const staleMs = 60_000;
/** Who asks for an overview gets one that was made within this, where nothing has happened since. */
const freshMs = 5000;

/**
 * Everything the monitor knows, and the one place that puts it together: what the supervisor says, what the coordinator's database
 * holds, and the sizes of the days. Nothing here throws: what can not be read is said in the overview.
 */
export class Gatherer {
  /** What is looked up only when a person asks. */
  readonly history: History;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #reader: CoordinatorReader;
  readonly #sizes: SavedSizes;
  readonly #listeners = new Set<() => void>();
  readonly #facts = new Map<string, SourceFacts>();
  #settings: MonitorSettings | null = null;
  #server: ServerFacts | null = null;
  #phones: ReadonlyMap<string, PhoneFacts> = new Map();
  #conditions: readonly Condition[] | null = null;
  #events: readonly ConditionEvent[] = [];
  #changes: readonly ConfigChange[] = [];
  /** The last that was made, and when by the steady clock; null where something has happened since. */
  #made: { readonly overview: Overview; readonly atMs: number } | null = null;
  #isChanged = true;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #toldMs = Number.NEGATIVE_INFINITY;
  #trouble: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor({ state, coordinator, copies, clock, log }: GathererOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#reader = new CoordinatorReader({ folder: coordinator, copies, timeZone: 'UTC' });
    this.#sizes = new SavedSizes(state, clock);
    this.history = {
      runs: (source, most) => this.#reader.runs(source, most),
      report: (source, run) => this.#reader.report(source, run),
      sizes: (source, days) => state.sizes(source, days),
    };
  }

  /** Takes a message of the link: the newest of its kind stands. */
  hear(message: Heard): void {
    if (message.type === 'settings') this.#apply(message.settings);
    else if (message.type === 'server') this.#server = message.facts;
    else if (message.type === 'source') this.#facts.set(message.source, message.facts);
    else if (message.type === 'phones') this.#phones = new Map(message.phones.map((phone) => [phone.name, phone]));
    else if (message.type === 'conditions') this.#conditions = message.open;
    else if (message.type === 'events') this.#events = message.events;
    else this.#changes = message.changes;
    if (message.type === 'server' || message.type === 'settings') this.#saveDisk();
    if (message.type === 'source') this.#saveSource(message.source, message.facts);
    this.#changed();
  }

  /** Begins to look every second by itself, until it is closed. Tests, and whoever asks once, call `tick` instead. */
  start(): void {
    this.#timer ??= setInterval(() => this.tick(), tickMs);
  }

  /** Looks at the clock, and every two seconds at the coordinator's database; tells the listeners where anything has changed. */
  tick(): void {
    const steadyMs = this.#clock.steadyMs();
    // A little less: timers come a little early.
    if (steadyMs - this.#lookedMs >= lookEveryMs - tickMs / 2) this.#look();
    if (!this.#isChanged && steadyMs - this.#toldMs < staleMs) return;
    this.#isChanged = false;
    this.#made = null;
    this.#toldMs = steadyMs;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#log.error({ err: error }, 'what has changed could not be shown');
      }
    }
  }

  /** Null before the first settings and the first facts of the server. Made when it is asked for; at most five seconds old. */
  overview(): Overview | null {
    const [settings, server, steadyMs] = [this.#settings, this.#server, this.#clock.steadyMs()];
    if (settings === null || server === null) return null;
    if (this.#lookedMs === Number.NEGATIVE_INFINITY) this.#look();
    if (this.#made !== null && steadyMs - this.#made.atMs < freshMs) return this.#made.overview;
    const overview = overviewOf({
      ...{ nowMs: this.#clock.wallMs(), settings, server, facts: this.#facts, phones: this.#phones },
      known: this.#reader.known(),
      ...{ conditions: this.#conditions ?? [], sizes: this.#sizes.ofSources(), disk: this.#sizes.ofDisk() },
    });
    this.#made = { overview, atMs: steadyMs };
    return overview;
  }

  /** What is wrong now; null before the supervisor first said. */
  conditions(): readonly Condition[] | null {
    return this.#conditions;
  }

  /** Of the last 48 hours, the oldest first. */
  events(): readonly ConditionEvent[] {
    return this.#events;
  }

  /** Of the last 48 hours, the oldest first. */
  changes(): readonly ConfigChange[] {
    return this.#changes;
  }

  /** With the secrets; null before the first. */
  settings(): MonitorSettings | null {
    return this.#settings;
  }

  /** Runs that hold a place now, for pings: each has a run's id and when it began. None while the coordinator is down. */
  leases(): readonly LeaseRow[] {
    return this.#server?.coordinator === 'up' ? [...this.#reader.known().leases.values()] : [];
  }

  /** The runs after `seq`, in the order in which they came, at most `most`; none while the database can not be read. */
  runsSince(seq: number, most: number): readonly NumberedRun[] {
    return this.#reader.runsSince(seq, most);
  }

  /** The newest run there is, for whoever begins to ping now; 0 before the first, null while it can not be read. */
  newestSeq(): number | null {
    return this.#reader.newestSeq();
  }

  /** Calls `listener` when something has changed, or a minute has gone by, at most once a second; returns what ends that. */
  onChange(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Lets go of the database and of the timer. */
  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#listeners.clear();
    this.#reader.close();
  }

  #apply(settings: MonitorSettings): void {
    this.#settings = settings;
    const names = new Set(settings.sources.map(({ name }) => name));
    for (const name of this.#facts.keys()) if (!names.has(name)) this.#facts.delete(name);
    this.#sizes.keepOnly(names);
    this.#reader.useTimeZone(settings.timeZone);
    // What was heard before it was known by which clock days are counted.
    for (const [name, facts] of this.#facts) this.#saveSource(name, facts);
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  #look(): void {
    this.#lookedMs = this.#clock.steadyMs();
    if (this.#settings === null) return;
    const started = performance.now();
    if (this.#reader.look(this.#clock.wallMs())) this.#changed();
    const tookMs = Math.round(performance.now() - started);
    if (tookMs > tickMs) this.#log.info({ ms: tookMs }, 'read what the coordinator knows');
    const { trouble } = this.#reader.known();
    if (trouble !== null && trouble !== this.#trouble)
      this.#log.warn({ trouble }, 'can not read what the coordinator knows');
    this.#trouble = trouble;
  }

  #saveDisk(): void {
    const disk = this.#server?.disk ?? null;
    if (disk === null || this.#settings === null) return;
    this.#sizes.save(sizeOfDisk(disk, localTime(this.#settings.timeZone), this.#clock.wallMs()));
  }

  #saveSource(source: string, { facts }: SourceFacts): void {
    if (this.#settings === null) return;
    const size = sizeOfSource(source, facts, localTime(this.#settings.timeZone), this.#clock.wallMs());
    if (size !== null) this.#sizes.save(size);
  }

  #changed(): void {
    this.#isChanged = true;
    this.#made = null;
  }
}
