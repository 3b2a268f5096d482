import { setTimeout } from 'node:timers/promises';
import { ChannelError } from './channel.ts';
import type { Request } from './http.ts';
import { type Ping, sendPing } from './ping.ts';
import type { PingSettings } from './settings.ts';

/** What a queue of pings needs of the world. */
export interface PingQueueTools {
  readonly request: Request;
  /** UTC milliseconds. */
  readonly nowMs: () => number;
  /** Waits so many milliseconds, or rejects when it is told to stop; real time unless said. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Waits for a place among the requests of all targets; returns what gives it back. */
  readonly place: () => Promise<() => void>;
}

/** After so long a ping is tried again; then it is given up. */
const pausesMs = [5000, 30_000, 120_000] as const;

/** A target hears of its newest pings; of one that has not answered for long the oldest are dropped. */
const longest = 20;

/** The pings of one target: one at a time, in order, each tried a few times. Nothing waits for it, and nothing is thrown. */
export class PingQueue {
  readonly settings: PingSettings;
  /** Why the last ping was given up; null once one was taken. */
  trouble: { readonly text: string; readonly remedy: string } | null = null;
  readonly #tools: PingQueueTools;
  readonly #waiting: Ping[] = [];
  readonly #end = new AbortController();
  #keptBytes: number | null = null;
  #works = false;

  constructor(settings: PingSettings, tools: PingQueueTools) {
    this.settings = settings;
    this.#tools = tools;
  }

  /** Adds a ping. That a run began is no longer said once it has ended, and that all goes on is said once. */
  add(ping: Ping): void {
    const isOver = (other: Ping) =>
      (other.kind === 'start' && other.run === ping.run) || (other.kind === 'alive' && ping.kind === 'alive');
    const kept = this.#waiting.filter((other) => !isOver(other));
    this.#waiting.splice(0, this.#waiting.length, ...[...kept, ping].slice(-longest));
    void this.#work();
  }

  /** Drops what waits, and cuts off what is under way. */
  close(): void {
    this.#waiting.length = 0;
    this.#end.abort();
  }

  async #work(): Promise<void> {
    if (this.#works || this.#end.signal.aborted) return;
    this.#works = true;
    for (let ping = this.#waiting.shift(); ping !== undefined; ping = this.#waiting.shift()) await this.#deliver(ping);
    this.#works = false;
  }

  async #deliver(ping: Ping): Promise<void> {
    const { signal } = this.#end;
    for (const pauseMs of [...pausesMs, null]) {
      const failure = await this.#try(ping);
      if (failure === null || signal.aborted) return;
      const isOver = ping.kind === 'start' && this.#waiting.some(({ run }) => run === ping.run);
      if (isOver) return;
      if (failure.isFinal || pauseMs === null) {
        this.trouble = { text: failure.message, remedy: failure.remedy };
        return;
      }
      const askedMs = Math.min(failure.retryAfterMs ?? 0, 10 * 60_000);
      const { pause = realPause } = this.#tools;
      await pause(Math.max(pauseMs, askedMs), signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #try(ping: Ping): Promise<ChannelError | null> {
    const release = await this.#tools.place();
    try {
      if (this.#end.signal.aborted) return null;
      const how = { signal: this.#end.signal, keptBytes: this.#keptBytes };
      this.#keptBytes = (await sendPing(this.settings, ping, this.#tools, how)) ?? this.#keptBytes;
      this.trouble = null;
      return null;
    } catch (error) {
      if (error instanceof ChannelError) return error;
      return new ChannelError(`The ping could not be made (${error instanceof Error ? error.name : 'unknown'}).`, {
        isFinal: true,
        remedy: 'See its URL in sources.yaml.',
      });
    } finally {
      release();
    }
  }
}

const realPause = (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal, ref: false });
