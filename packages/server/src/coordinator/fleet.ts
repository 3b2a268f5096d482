import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { type Clock, jumpWatch } from './clock.ts';
import { type Entry, entryOf, nextRunOf, rowOf, waiterOf } from './entry.ts';
import { isOver, moved } from './expire.ts';
import type { FromCoordinator, StoredFacts, ToCoordinator } from './link.ts';
import { freePlaces } from './places.ts';
import { planAll } from './planning.ts';
import { sayRefusal } from './requests/refused-report.ts';
import type { LeaseRow, LoadedSource, Settings, State, WaiterRow } from './state/state.ts';
import { StuckRuns } from './stuck.ts';
import { Unsaved } from './unsaved.ts';
import { type Upcoming, upcomingOf, within } from './upcoming.ts';
import { type Said, Speaker } from './words.ts';

type Config = Extract<ToCoordinator, { readonly type: 'config' }>;

/** What the coordinator works with. */
export interface FleetOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
  /** To the supervisor. */
  readonly tell: (message: FromCoordinator) => void;
}

/** How long a lease lives after the last that was heard of its run. */
export const leaseMs = 3 * 60_000;
/** How long a place in the queue is kept over a restart of the coordinator: the longest time anybody is told to wait, and more. */
const afterRestartMs = 12 * 60_000;
/** Slots are known for two days, so what has been learnt of lengths can wait; what changes in sources.yaml does not. */
const planEveryMs = 3 * 3_600_000;
const lookEveryMs = 30_000;
/** Slots that begin, or began, within this are still expected. */
const soonMs = 10 * 60_000;
const leaseTimes = ['grantedAtMs', 'expiresAtMs', 'movedAtMs'] as const;

/**
 * Everything the coordinator knows, in memory, and the one place that changes it. What must survive a kill is handed to the
 * state: at once and waited for where somebody is promised it (reports, leases), within a second otherwise.
 */
export class Fleet {
  readonly state: State;
  readonly log: Logger;
  readonly entries = new Map<string, Entry>();
  readonly holding = new Set<Entry>();
  readonly waiting = new Set<Entry>();
  concurrency = 1;
  readonly #clock: Clock;
  readonly #tell: FleetOptions['tell'];
  readonly #speaker: Speaker;
  readonly #stuck = new StuckRuns((said) => this.say(said));
  readonly #jumpMs: () => number;
  readonly #unsaved: Unsaved;
  /** Sources that are kept and not in force, and who held and waited when the last coordinator ended. */
  readonly #kept = new Map<string, LoadedSource>();
  readonly #leasesBefore = new Map<string, LeaseRow>();
  readonly #waitingBefore = new Map<string, WaiterRow>();
  #settings: Settings = { tight: [] };
  #timeZone = 'UTC';
  #upcoming: readonly Upcoming[] = [];
  #plannedAtMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #free: number | null = null;

  constructor({ state, clock, log, tell }: FleetOptions) {
    this.state = state;
    this.log = log;
    this.#clock = clock;
    this.#tell = tell;
    this.#speaker = new Speaker((words) => tell({ type: 'words', words: [...words] }));
    this.#jumpMs = jumpWatch(clock);
    const of = <Row extends object>(name: string, row: Row | null | undefined) =>
      row ? { ...row, source: name } : null;
    this.#unsaved = new Unsaved(
      (changes) => state.save(changes),
      {
        source: (name) => this.#rowOf(name),
        lease: (name) => of(name, this.entries.get(name)?.lease),
        waiter: (name) => of(name, this.entries.get(name)?.waiter),
        settings: () => this.#settings,
      },
      log,
    );
  }

  /** What was kept, before anything else. */
  async load(): Promise<void> {
    const { sources, settings, leases, waiting } = await this.state.load();
    for (const source of sources) this.#kept.set(source.name, source);
    for (const lease of leases) this.#leasesBefore.set(lease.source, lease);
    for (const waiter of waiting) this.#waitingBefore.set(waiter.source, waiter);
    this.#settings = settings;
  }

  /** The time, after putting right what a clock that jumped would have upset. */
  nowMs(): number {
    const jumpMs = this.#jumpMs();
    if (jumpMs !== 0) this.#jump(jumpMs);
    return this.#clock.wallMs();
  }

  /** Puts everything in force and plans it; resolves when that is on the disk, or could not be for now. */
  async apply({ concurrency, timeZone, sources }: Config): Promise<void> {
    const nowMs = this.nowMs();
    this.concurrency = concurrency;
    this.#timeZone = timeZone;
    const names = new Set(sources.map(({ name }) => name));
    for (const entry of [...this.entries.values()]) if (!names.has(entry.name)) this.#remove(entry);
    for (const source of sources) {
      const known = this.entries.get(source.name);
      const kept = this.#kept.get(source.name) ?? null;
      if (known === undefined || !isDeepStrictEqual(known.source, source)) this.#unsaved.add('source', source.name);
      if (known === undefined) this.#add(entryOf(source, kept, nowMs), nowMs);
      else known.source = source;
      this.#kept.delete(source.name);
    }
    for (const [name, { present }] of this.#kept) if (present) this.#unsaved.add('source', name);
    // Of sources that are gone when the coordinator comes back.
    for (const name of this.#leasesBefore.keys()) this.#unsaved.add('lease', name);
    for (const name of this.#waitingBefore.keys()) this.#unsaved.add('waiter', name);
    this.#leasesBefore.clear();
    this.#waitingBefore.clear();
    this.#plan(nowMs);
    await this.flush();
    this.#lookAtAll(nowMs);
    this.#tellPlaces(nowMs);
  }

  /** What the last review of a source found. */
  stored(name: string, facts: StoredFacts): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    entry.stored = facts;
    this.#unsaved.add('source', name);
    this.look(entry);
  }

  /** To be called every second: ends what has run out of time, tells what has changed, and keeps it. */
  async tick(): Promise<void> {
    const nowMs = this.nowMs();
    for (const entry of [...this.holding]) {
      if (entry.lease === null || !isOver(entry.lease.expiresAtMs, nowMs)) continue;
      this.log.warn({ source: entry.name, run: entry.lease.run }, 'a run was not heard of any more; its place is free');
      this.setLease(entry, null);
    }
    for (const entry of [...this.waiting]) {
      if (entry.waiter !== null && isOver(entry.waiter.keepUntilMs, nowMs)) this.setWaiter(entry, null);
    }
    this.#stuck.look(this.holding, this.holding.size + this.waiting.size > this.concurrency, nowMs);
    if (this.entries.size > 0 && nowMs - this.#plannedAtMs >= planEveryMs) this.#plan(nowMs);
    if (nowMs - this.#lookedAtMs >= lookEveryMs) this.#lookAtAll(nowMs);
    this.#tellPlaces(nowMs);
    await this.flush();
  }

  /** Gives a source a lease, renews it, or ends it; kept within a second unless whoever calls waits for `flush`. */
  setLease(entry: Entry, lease: Entry['lease']): void {
    entry.lease = lease;
    if (lease === null) this.holding.delete(entry);
    else this.holding.add(entry);
    this.#unsaved.add('lease', entry.name);
  }

  /** Puts a source into the queue, or takes it out. */
  setWaiter(entry: Entry, waiter: Entry['waiter']): void {
    entry.waiter = waiter;
    if (waiter === null) this.waiting.delete(entry);
    else this.waiting.add(entry);
    this.#unsaved.add('waiter', entry.name);
  }

  /** Tells the supervisor how a source is now. */
  look(entry: Entry): void {
    this.#speaker.look([entry], this.nowMs());
  }

  /** A condition that is not about how fresh a source is. */
  say(said: Said): void {
    this.#speaker.say([said]);
  }

  /** Keeps what has changed; what the disk does not take is tried again. Never rejects for a full disk. */
  flush(): Promise<void> {
    return this.#unsaved.flush();
  }

  #rowOf(name: string) {
    const entry = this.entries.get(name);
    if (entry !== undefined) return rowOf(entry);
    const kept = this.#kept.get(name);
    if (kept === undefined) return null;
    const gone = { ...kept, present: false };
    this.#kept.set(name, gone);
    return gone;
  }

  /** A source that begins, or comes back after a restart with what it had: its time begins anew. */
  #add(entry: Entry, nowMs: number): void {
    this.entries.set(entry.name, entry);
    const lease = this.#leasesBefore.get(entry.name);
    const waiter = this.#waitingBefore.get(entry.name);
    if (lease !== undefined) this.setLease(entry, { ...lease, expiresAtMs: nowMs + leaseMs, movedAtMs: nowMs });
    else if (waiter !== undefined) this.setWaiter(entry, waiterOf(entry, waiter, nowMs + afterRestartMs, nowMs));
  }

  #remove(entry: Entry): void {
    this.setLease(entry, null);
    this.setWaiter(entry, null);
    this.entries.delete(entry.name);
    this.#speaker.forget(entry.name);
    const { lastRun, lastGood, lengthsMs } = entry;
    this.#kept.set(entry.name, { ...rowOf(entry), lastRun, lastGood, lengthsMs });
  }

  #plan(nowMs: number): void {
    const started = performance.now();
    const entries = [...this.entries.values()].filter(({ source }) => source.hasAgent);
    const { changed, tight } = planAll(entries, { nowMs, timeZone: this.#timeZone, concurrency: this.concurrency });
    for (const { name } of changed) this.#unsaved.add('source', name);
    this.#upcoming = upcomingOf(entries);
    const settings = { tight: tight.map(({ text, remedy }) => ({ text, remedy })) };
    if (JSON.stringify(settings) !== JSON.stringify(this.#settings)) this.#unsaved.add('settings');
    this.#settings = settings;
    this.#speaker.tight(settings.tight);
    this.#plannedAtMs = nowMs;
    this.log.debug({ sources: entries.length, ms: Math.round(performance.now() - started) }, 'planned');
  }

  #lookAtAll(nowMs: number): void {
    this.#lookedAtMs = nowMs;
    this.#speaker.look(this.entries.values(), nowMs);
    for (const entry of this.entries.values()) sayRefusal(this, entry, nowMs);
  }

  #tellPlaces(nowMs: number): void {
    const free = freePlaces({
      concurrency: this.concurrency,
      held: this.holding.size - this.#stuck.size,
      waiting: this.waiting.size,
      soon: this.#slotsSoon(nowMs),
    });
    if (free === this.#free) return;
    this.#free = free;
    this.#tell({ type: 'places', free });
  }

  /** How many slots begin about now, of sources that neither wait nor run, and have not run for them already. */
  #slotsSoon(nowMs: number): number {
    return within(this.#upcoming, nowMs - soonMs, nowMs + soonMs).filter(
      ({ entry, startsAtMs }) =>
        entry.lease === null && entry.waiter === null && nextRunOf(entry, nowMs)?.startsAtMs === startsAtMs,
    ).length;
  }

  #jump(jumpMs: number): void {
    this.log.warn({ jumpMs }, 'the clock was set');
    for (const entry of this.holding) entry.lease = moved(entry.lease, jumpMs, leaseTimes);
    for (const entry of this.entries.values()) entry.personFirstAtMs += jumpMs;
    for (const entry of this.waiting) entry.waiter = moved(entry.waiter, jumpMs, ['askedAtMs', 'keepUntilMs']);
    this.#plannedAtMs = Number.NEGATIVE_INFINITY;
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
  }
}
