import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import { type Clock, jumpWatch } from './clock.ts';
import { type Entry, entryOf, lengthOf, nextRunOf, rowOf } from './entry.ts';
import { isOver } from './expire.ts';
import type { FromCoordinator, StoredFacts, ToCoordinator } from './link.ts';
import { mergedSlots } from './next-run.ts';
import { freePlaces } from './places.ts';
import { plan } from './plan/plan.ts';
import type { Changes, LeaseRow, LoadedSource, Settings, State, WaiterRow } from './state/state.ts';
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
  readonly #jumpMs: () => number;
  readonly #kept = new Map<string, LoadedSource>();
  readonly #dirty = { sources: new Set<string>(), leases: new Set<string>(), waiters: new Set<string>() };
  #keptLeases: readonly LeaseRow[] = [];
  #keptWaiting: readonly WaiterRow[] = [];
  #settings: Settings = { tight: [] };
  #unsavedSettings = false;
  #timeZone = 'UTC';
  /** Slots of all sources by when they begin. */
  #upcoming: readonly { readonly entry: Entry; readonly startsAtMs: number }[] = [];
  #plannedAtMs = Number.NEGATIVE_INFINITY;
  #free: number | null = null;
  #unsaveable = false;

  constructor({ state, clock, log, tell }: FleetOptions) {
    this.state = state;
    this.log = log;
    this.#clock = clock;
    this.#tell = tell;
    this.#speaker = new Speaker((words) => tell({ type: 'words', words: [...words] }));
    this.#jumpMs = jumpWatch(clock);
  }

  /** What was kept, before anything else. */
  async load(): Promise<void> {
    const loaded = await this.state.load();
    for (const source of loaded.sources) this.#kept.set(source.name, source);
    this.#keptLeases = loaded.leases;
    this.#keptWaiting = loaded.waiting;
    this.#settings = loaded.settings;
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
      if (known === undefined) this.#add(entryOf(source, this.#kept.get(source.name) ?? null, nowMs), nowMs);
      else known.source = source;
      this.#kept.delete(source.name);
      this.#dirty.sources.add(source.name);
    }
    for (const [name, row] of this.#kept) if (row.present) this.#dirty.sources.add(name);
    this.#forgetStrangers();
    this.#plan(nowMs);
    await this.flush();
    this.#look(nowMs);
  }

  /** What the last review of a source found. */
  stored(name: string, facts: StoredFacts): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    entry.stored = facts;
    this.#dirty.sources.add(name);
    this.#speaker.look([entry], this.nowMs());
  }

  /** To be called every second: ends what has run out of time, and tells what has changed. */
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
    if (nowMs - this.#plannedAtMs >= planEveryMs) this.#plan(nowMs);
    this.#tellPlaces(nowMs);
    if (nowMs - this.#lookedAtMs >= lookEveryMs) this.#look(nowMs);
    await this.flush();
  }

  /** Slots that begin from `fromMs` to `untilMs`, of sources that neither wait nor run, and have not run for them already. */
  plannedWithin(fromMs: number, untilMs: number, nowMs: number): readonly { source: string; startsAtMs: number }[] {
    const found: { source: string; startsAtMs: number }[] = [];
    for (let index = firstFrom(this.#upcoming, fromMs); index < this.#upcoming.length; index += 1) {
      const slot = this.#upcoming[index];
      if (slot === undefined || slot.startsAtMs > untilMs) break;
      const { entry, startsAtMs } = slot;
      if (entry.lease !== null || entry.waiter !== null) continue;
      if (nextRunOf(entry, nowMs)?.startsAtMs === startsAtMs) found.push({ source: entry.name, startsAtMs });
    }
    return found;
  }

  /** Gives a source a lease, renews it, or ends it; kept within a second unless whoever calls waits for `flush`. */
  setLease(entry: Entry, lease: Entry['lease'], keep: 'soon' | 'already' = 'soon'): void {
    entry.lease = lease;
    if (lease === null) this.holding.delete(entry);
    else this.holding.add(entry);
    if (keep === 'soon') this.#dirty.leases.add(entry.name);
  }

  /** Puts a source into the queue, or takes it out. */
  setWaiter(entry: Entry, waiter: Entry['waiter'], keep: 'soon' | 'already' = 'soon'): void {
    entry.waiter = waiter;
    if (waiter === null) this.waiting.delete(entry);
    else this.waiting.add(entry);
    if (keep === 'soon') this.#dirty.waiters.add(entry.name);
  }

  /** Tells the supervisor how a source is now, and how many places are free. */
  look(entry: Entry, nowMs: number): void {
    this.#speaker.look([entry], nowMs);
    this.#tellPlaces(nowMs);
  }

  /** A condition that is not about how fresh a source is. */
  say(said: Said): void {
    this.#speaker.say([said]);
  }

  /** Keeps what has changed; what the disk does not take is tried again. Never rejects for a full disk. */
  async flush(): Promise<void> {
    const { sources, leases, waiters } = this.#dirty;
    if (sources.size + leases.size + waiters.size === 0 && !this.#unsavedSettings) return;
    const names = { sources: [...sources], leases: [...leases], waiters: [...waiters] };
    const changes = this.#changes(names);
    const withSettings = this.#unsavedSettings;
    for (const set of [sources, leases, waiters]) set.clear();
    this.#unsavedSettings = false;
    try {
      await this.state.save(changes);
      this.#unsaveable = false;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      for (const name of names.sources) sources.add(name);
      for (const name of names.leases) leases.add(name);
      for (const name of names.waiters) waiters.add(name);
      this.#unsavedSettings ||= withSettings;
      if (!this.#unsaveable) this.log.error({ err: error }, 'what has changed could not be kept; it is tried again');
      this.#unsaveable = true;
    }
  }

  #lookedAtMs = Number.NEGATIVE_INFINITY;

  #changes(names: {
    readonly sources: readonly string[];
    readonly leases: readonly string[];
    readonly waiters: readonly string[];
  }): Changes {
    const entry = (name: string): Entry | null => this.entries.get(name) ?? null;
    const lease = (name: string) => entry(name)?.lease ?? null;
    const waiter = (name: string) => entry(name)?.waiter ?? null;
    return {
      sources: names.sources.flatMap((name) => {
        const known = entry(name);
        if (known !== null) return [rowOf(known)];
        const kept = this.#kept.get(name);
        return kept === undefined ? [] : [{ ...kept, present: false }];
      }),
      leases: names.leases.flatMap((source) => {
        const held = lease(source);
        return held === null ? [] : [{ ...held, source }];
      }),
      ended: names.leases.filter((name) => lease(name) === null),
      waiting: names.waiters.flatMap((source) => {
        const waits = waiter(source);
        return waits === null ? [] : [{ ...waits, source }];
      }),
      left: names.waiters.filter((name) => waiter(name) === null),
      ...(this.#unsavedSettings && { settings: this.#settings }),
    };
  }

  /** A source that begins, or comes back after a restart with what it had: its time begins anew. */
  #add(entry: Entry, nowMs: number): void {
    this.entries.set(entry.name, entry);
    const lease = this.#keptLeases.find(({ source }) => source === entry.name);
    const waiter = this.#keptWaiting.find(({ source }) => source === entry.name);
    if (lease !== undefined) this.setLease(entry, { ...lease, expiresAtMs: nowMs + leaseMs }, 'already');
    else if (waiter !== undefined) this.setWaiter(entry, { ...waiter, keepUntilMs: nowMs + afterRestartMs }, 'already');
  }

  #remove(entry: Entry): void {
    this.setLease(entry, null);
    this.setWaiter(entry, null);
    this.entries.delete(entry.name);
    this.#speaker.forget(entry.name);
    const { lastRun, lastGood, lengthsMs } = entry;
    this.#kept.set(entry.name, { ...rowOf(entry), lastRun, lastGood, lengthsMs });
  }

  /** Leases and places in the queue of sources that are no longer there when the coordinator comes back. */
  #forgetStrangers(): void {
    for (const { source } of this.#keptLeases) if (!this.entries.has(source)) this.#dirty.leases.add(source);
    for (const { source } of this.#keptWaiting) if (!this.entries.has(source)) this.#dirty.waiters.add(source);
    this.#keptLeases = [];
    this.#keptWaiting = [];
  }

  #plan(nowMs: number): void {
    const started = performance.now();
    const entries = [...this.entries.values()].filter(({ source }) => source.hasAgent);
    const planned = plan({
      ...{ nowMs, timeZone: this.#timeZone, concurrency: this.concurrency },
      sources: entries.map((entry) => ({
        ...{ name: entry.name, everyMs: entry.source.everyMs, window: entry.source.window },
        ...{ lengthMs: lengthOf(entry), place: entry.place },
      })),
    });
    for (const entry of entries) {
      const slots = (planned.slots.get(entry.name) ?? []).map(({ name: _, ...slot }) => slot);
      const merged = mergedSlots(entry.slots, slots, nowMs);
      const place = planned.places.get(entry.name) ?? entry.place;
      if (JSON.stringify([merged, place]) === JSON.stringify([entry.slots, entry.place])) continue;
      entry.slots = merged;
      entry.place = place;
      this.#dirty.sources.add(entry.name);
    }
    this.#upcoming = entries
      .flatMap((entry) => entry.slots.map(({ startsAtMs }) => ({ entry, startsAtMs })))
      .sort((a, b) => a.startsAtMs - b.startsAtMs);
    const tight = planned.tight.map(({ text, remedy }) => ({ text, remedy }));
    if (JSON.stringify(tight) !== JSON.stringify(this.#settings.tight)) this.#unsavedSettings = true;
    this.#settings = { tight };
    this.#speaker.tight(tight);
    this.#plannedAtMs = nowMs;
    this.log.debug({ sources: entries.length, ms: Math.round(performance.now() - started) }, 'planned');
  }

  #look(nowMs: number): void {
    this.#lookedAtMs = nowMs;
    this.#speaker.look(this.entries.values(), nowMs);
    this.#tellPlaces(nowMs);
  }

  #tellPlaces(nowMs: number): void {
    const free = freePlaces({
      concurrency: this.concurrency,
      held: this.holding.size,
      waiting: this.waiting.size,
      soon: this.plannedWithin(nowMs - soonMs, nowMs + soonMs, nowMs).length,
    });
    if (free === this.#free) return;
    this.#free = free;
    this.#tell({ type: 'places', free });
  }

  #jump(jumpMs: number): void {
    this.log.warn({ jumpMs }, 'the clock was set');
    for (const entry of this.holding) {
      if (entry.lease !== null) {
        const { expiresAtMs, grantedAtMs } = entry.lease;
        entry.lease = { ...entry.lease, expiresAtMs: expiresAtMs + jumpMs, grantedAtMs: grantedAtMs + jumpMs };
      }
    }
    for (const entry of this.waiting) {
      if (entry.waiter !== null) {
        const { askedAtMs, keepUntilMs } = entry.waiter;
        entry.waiter = { ...entry.waiter, askedAtMs: askedAtMs + jumpMs, keepUntilMs: keepUntilMs + jumpMs };
      }
    }
    this.#plannedAtMs = Number.NEGATIVE_INFINITY;
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
  }
}

/** How long a lease lives after the last that was heard of its run. */
export const leaseMs = 3 * 60_000;
/** How long a place in the queue is kept over a restart of the coordinator: the longest time anybody was told to wait, and more. */
const afterRestartMs = 12 * 60_000;
const planEveryMs = 30 * 60_000;
const lookEveryMs = 30_000;
const soonMs = 10 * 60_000;

/** Until the coordinator ends: a tick every second. */
export const keepTicking = async (fleet: Pick<Fleet, 'tick'>, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await wait(1000, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) await fleet.tick();
  }
};

/** Where in a list that ascends those from `fromMs` on begin. */
const firstFrom = (slots: readonly { readonly startsAtMs: number }[], fromMs: number): number => {
  let [low, high] = [0, slots.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slots[middle]?.startsAtMs ?? 0) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
