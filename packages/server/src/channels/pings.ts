import type { NumberedRun } from '../coordinator/state/rows.ts';
import type { LeaseRow } from '../coordinator/state/state.ts';
import type { Gatherer } from '../monitor/gather.ts';
import type { History } from '../monitor/history.ts';
import type { Overview } from '../monitor/overview.ts';
import { type MonitorSettings, pingName } from '../monitor/settings.ts';
import type { MonitorState } from '../monitor/state.ts';
import type { Ping } from './ping.ts';
import { PingQueue, type PingQueueTools } from './ping-queue.ts';
import { placesOf } from './places.ts';
import { arrivalPing, endPing, startPing } from './run-ping.ts';
import type { PingSettings } from './settings.ts';

/** What pings need of the world. */
export interface PingTools extends Omit<PingQueueTools, 'place'> {
  /** What is so now: the gatherer. */
  readonly facts: Pick<Gatherer, 'overview' | 'runsSince' | 'newestSeq'> & {
    readonly leases: () => readonly Pick<LeaseRow, 'source' | 'run' | 'grantedAtMs'>[];
    readonly history: Pick<History, 'report'>;
  };
  readonly state: Pick<MonitorState, 'pingedSeq' | 'savePingedSeq'>;
}

/** What `apply` takes of the settings. */
export type PingedSettings = Pick<MonitorSettings, 'ping'> & {
  readonly sources: readonly Pick<MonitorSettings['sources'][number], 'name' | 'ping'>[];
};

const aliveMs = 5 * 60_000;
/** An overview that is older was not made anew: something hangs. */
const freshMs = 60_000;
/** Runs of one look are taken in parts of this many. */
const partOfRuns = 200;
const mostAtOnce = 8;

/**
 * Tells dead man's switches what begins, how it ended, and, every five minutes, that the server goes on. Nothing waits for it: pings are put
 * into a queue for each target. What was put there is not put there again after a restart; what was only waiting is then lost, and the
 * switch raises the alarm for nothing rather than never.
 */
export class Pings {
  readonly #tools: PingTools;
  readonly #place = placesOf(mostAtOnce);
  readonly #startedAtMs: number;
  readonly #sources = new Map<string, PingQueue>();
  readonly #begun = new Set<string>();
  readonly #arrivals = new Map<string, number | null>();
  #server: PingQueue | null = null;
  #aliveAtMs: number | null = null;

  constructor(tools: PingTools) {
    this.#tools = tools;
    this.#startedAtMs = tools.nowMs();
  }

  /** Takes new settings. What waits for a target that is gone or is another now is dropped. */
  apply({ ping, sources }: PingedSettings): void {
    this.#server = this.#queueOf(this.#server, ping);
    const known = new Map(sources.map((source) => [source.name, source.ping]));
    for (const name of new Set([...this.#sources.keys(), ...known.keys()])) {
      const queue = this.#queueOf(this.#sources.get(name) ?? null, known.get(name) ?? null);
      if (queue === null) this.#sources.delete(name);
      else this.#sources.set(name, queue);
    }
  }

  /** Looks at what is so now, and pings what has to be. Returns at once. Call it whenever something has changed, and every few seconds. */
  look(): void {
    const overview = this.#tools.facts.overview();
    this.#lookAtLeases();
    this.#lookAtRuns();
    if (overview !== null) this.#lookAtArrivals(overview);
    this.#lookAtServer(overview);
  }

  /** Targets that did not take their last ping, and why, as in `settings.broken`. */
  troubles(): MonitorSettings['broken'] {
    const all: readonly (readonly [string | null, PingQueue | null])[] = [[null, this.#server], ...this.#sources];
    return all.flatMap(([source, queue]) =>
      queue === null || queue.trouble === null ? [] : [{ kind: 'ping', name: pingName(source), ...queue.trouble }],
    );
  }

  /** Stops: what is under way is cut off. */
  close(): void {
    this.apply({ ping: null, sources: [] });
  }

  #queueOf(old: PingQueue | null, settings: PingSettings | null): PingQueue | null {
    if (old !== null && settings !== null && isSame(old.settings, settings)) return old;
    old?.close();
    return settings === null ? null : new PingQueue(settings, { ...this.#tools, place: this.#place });
  }

  #add(source: string, ping: Ping | null): void {
    if (ping !== null) this.#sources.get(source)?.add(ping);
  }

  /** A run that held its place before we were there may have been told of. */
  #lookAtLeases(): void {
    const leases = this.#tools.facts.leases();
    const runs = new Set(leases.map(({ run }) => run));
    for (const run of this.#begun) if (!runs.has(run)) this.#begun.delete(run);
    for (const { source, run, grantedAtMs } of leases) {
      if (this.#begun.has(run)) continue;
      this.#begun.add(run);
      if (grantedAtMs >= this.#startedAtMs) this.#add(source, startPing(source, run));
    }
  }

  #lookAtRuns(): void {
    const { facts, state } = this.#tools;
    const newest = facts.newestSeq();
    if (newest === null) return;
    const pinged = state.pingedSeq();
    // Nobody waits for runs of before pings began; and a coordinator that began anew counts anew.
    if (pinged === null || pinged > newest) {
      state.savePingedSeq(newest);
      return;
    }
    let seq = pinged;
    while (seq < newest) {
      // What came after `newest` was read is for the next look: nothing is to seem newer than the newest.
      const runs: readonly NumberedRun[] = facts.runsSince(seq, partOfRuns).filter((run) => run.seq <= newest);
      const last: number | undefined = runs.at(-1)?.seq;
      if (last === undefined || last <= seq) return;
      seq = last;
      // Before they are sent: a kill in between is an alarm for nothing, not two pings.
      state.savePingedSeq(seq);
      for (const { source, outline } of runs) {
        if (!this.#sources.has(source)) continue;
        this.#add(source, endPing(source, outline, facts.history.report(source, outline.run)));
      }
    }
  }

  #lookAtArrivals({ sources }: Overview): void {
    for (const { name, access, lastSuccessMs } of sources) {
      if (access !== 'sftp' || !this.#sources.has(name)) continue;
      const known = this.#arrivals.get(name);
      if (known !== undefined && lastSuccessMs !== null && lastSuccessMs > (known ?? 0)) {
        this.#add(name, arrivalPing(name));
      }
      this.#arrivals.set(name, lastSuccessMs);
    }
  }

  #lookAtServer(overview: Overview | null): void {
    const nowMs = this.#tools.nowMs();
    if (this.#server === null || !goesOn(overview, nowMs)) return;
    const since = this.#aliveAtMs === null ? null : nowMs - this.#aliveAtMs;
    // A clock that went back must not silence it.
    if (since !== null && since >= 0 && since < aliveMs) return;
    this.#aliveAtMs = nowMs;
    this.#server.add({ kind: 'alive', run: null, words: 'berth goes on.', log: '', durationMs: null });
  }
}

const goesOn = (overview: Overview | null, nowMs: number): boolean =>
  overview !== null &&
  Math.abs(nowMs - overview.atMs) <= freshMs &&
  overview.server.coordinator === 'up' &&
  overview.server.coordinatorTrouble === null;

const isSame = (one: PingSettings, other: PingSettings): boolean =>
  one.type === other.type && one.url === other.url && one.allowPrivate === other.allowPrivate;
