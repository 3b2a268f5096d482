import type { Logger } from 'pino';
import { type Channel, ChannelError, type Message } from '../channels/channel.ts';
import type { Condition } from '../events/condition.ts';
import type { MonitorWord } from '../monitor/link.ts';
import { type MonitorSettings, pingName } from '../monitor/settings.ts';
import type { Delivery, MonitorState } from '../monitor/state.ts';
import { channelError, Line } from './line.ts';
import { failingChannel, failingKey, failingWord, OutboxSpeaker, unsentKey, unsentWord } from './outbox-words.ts';
import { digestWithinMs } from './pauses.ts';
import { routesOf, type Wishes, wants } from './routes.ts';
import { hourMs, minuteMs } from './times.ts';
import { Waiting } from './waiting.ts';

/** What an outbox works with. */
export interface OutboxOptions {
  readonly state: Pick<MonitorState, 'deliveries' | 'saveDelivery' | 'removeDelivery'>;
  /** UTC milliseconds. */
  readonly now: () => number;
  /** Takes what is so of the channels and the digest: `channel-failing`, `digest-unsent`. */
  readonly tell: (words: readonly MonitorWord[]) => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Ids of messages that were pushed, to know them when they are pushed again. */
const knownMost = 5000;
/** Ticks come once a second; a longer way was the clock's, or the machine slept. */
const jumpMs = 10 * minuteMs;

/**
 * Brings messages to channels, however long that takes: what a channel has not taken is kept over restarts and tried again, with growing
 * pauses, for three days. A message may arrive twice, but is not lost.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #speaker: OutboxSpeaker;
  readonly #waiting: Waiting;
  readonly #known = new Set<string>();
  #lines: ReadonlyMap<string, Line> | null = null;
  #broken: readonly MonitorSettings['broken'][number][] = [];
  #early: Message[] = [];
  /** The keys of what is open, as it was seen last. */
  #open: readonly string[] = [];
  #tickedMs: number;
  /** When the newest digest that somebody took was made. */
  #digestTakenMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#speaker = new OutboxSpeaker(options.tell);
    this.#tickedMs = options.now();
    this.#waiting = new Waiting(options.state, options.log, this.#tickedMs);
  }

  /** These are the channels from now on; `channels` are made of `settings.channels`. Before the first, messages wait. */
  apply(settings: Pick<MonitorSettings, 'channels' | 'broken'>, channels: readonly Channel[]): void {
    const before = this.#lines ?? new Map<string, Line>();
    const byName = new Map(channels.map((channel) => [channel.name, channel]));
    const lines = new Map<string, Line>();
    for (const one of settings.channels) {
      const old = before.get(one.name);
      const channel = byName.get(one.name);
      if (old !== undefined && JSON.stringify(old.settings) === JSON.stringify(one)) lines.set(one.name, old);
      else if (channel !== undefined) lines.set(one.name, this.#begin(one, channel, old));
    }
    for (const [name, line] of before) if (!lines.has(name)) void line.giveUp();
    for (const { name } of this.#broken) this.#speaker.say(failingKey(name), null);
    this.#lines = lines;
    this.#broken = settings.broken.filter(({ kind }) => kind !== 'page');
    for (const { name, text, remedy } of this.#broken)
      this.#speaker.say(failingKey(name), failingWord(name, text, remedy));
    this.#dropGone(before);
    this.#takeBack();
    for (const message of this.#early.splice(0)) this.push(message);
  }

  /**
   * What is open, whenever that changes: what an earlier monitor said of a channel, and is no longer known, is taken back. Where somebody
   * else took back what we said, a test of the channel went well: it counts as fine, and what waits is tried at once.
   */
  saw(open: readonly Pick<Condition, 'key'>[]): void {
    const before = this.#open;
    this.#open = open.map(({ key }) => key);
    for (const key of before) if (!this.#open.includes(key) && this.#speaker.isSaid(key)) this.#isMended(key);
    this.#takeBack();
  }

  /** Keeps a message for every channel that wants it; the next tick sends it. The same message twice is one. */
  push(message: Message): void {
    if (this.#lines === null) {
      this.#early.push(message);
      return;
    }
    if (this.#known.has(message.id)) return;
    this.#known.add(message.id);
    const [oldest] = this.#known;
    if (this.#known.size > knownMost && oldest !== undefined) this.#known.delete(oldest);
    const lines = this.#lines;
    const routes = routesOf(message, this.#wishes(), (name) => lines.get(name)?.isFailing !== false);
    const nowMs = this.#options.now();
    for (const name of routes) this.#waiting.keep(name, message, lines.get(name)?.busyWith ?? null, nowMs);
  }

  /** Begins to send what is due: once a second. Never throws. */
  tick(): void {
    if (this.#lines === null || this.#isClosed) return;
    const nowMs = this.#options.now();
    const wentMs = nowMs - this.#tickedMs;
    if (wentMs < 0 || wentMs > jumpMs) this.#move(wentMs);
    this.#tickedMs = nowMs;
    this.#waiting.dropOld(nowMs, ({ id, channel }) => this.#lines?.get(channel)?.busyWith === id);
    for (const [name, line] of this.#lines) {
      const id = line.busyWith;
      if (id !== null && line.isStuck(nowMs)) {
        void line.giveUp();
        this.#failed(name, line, id, new Error('it does not answer, and does not stop either'));
      }
      if (!line.isReady(nowMs)) continue;
      const next = this.#waiting.of(name).find((delivery) => delivery.nextMs <= nowMs);
      if (next === undefined) continue;
      const taken = (): void => this.#taken(name, line, next.id);
      line.send(next, nowMs, taken, (error) => this.#failed(name, line, next.id, error));
    }
    this.#lookAtDigest(nowMs);
  }

  /** Resolves when nothing is being sent. */
  async idle(): Promise<void> {
    await Promise.all([...(this.#lines?.values() ?? [])].map((line) => line.idle()));
  }

  /** Stops sending; what is not delivered is kept. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...(this.#lines?.values() ?? [])].map((line) => line.giveUp()));
  }

  /** A channel that is new, or was changed, or there was a restart: somebody may have mended it, so what waits is tried at once. */
  #begin(settings: MonitorSettings['channels'][number], channel: Channel, old: Line | undefined): Line {
    void old?.giveUp();
    for (const { id, message } of this.#waiting.of(settings.name))
      if (!wants(settings, message)) this.#waiting.remove(id);
    const waiting = this.#waiting.of(settings.name);
    for (const delivery of waiting) this.#waiting.save({ ...delivery, nextMs: this.#options.now() });
    const failures = old === undefined ? Math.max(0, ...waiting.map(({ attempts }) => attempts)) : 0;
    return new Line(settings, channel, failures);
  }

  #isMended(key: string): void {
    const name = failingChannel(key);
    const line = name === null ? undefined : this.#lines?.get(name);
    if (name === null || line === undefined) return;
    this.#speaker.forget(key);
    line.taken();
    for (const delivery of this.#waiting.of(name)) this.#waiting.save({ ...delivery, nextMs: this.#options.now() });
  }

  #isKnown(name: string): boolean {
    return this.#lines?.has(name) === true || this.#broken.some((one) => one.name === name);
  }

  /** What a channel wants whose secret can not be read is not known: everything is kept, until it can. */
  #wishes(): readonly Wishes[] {
    const broken = this.#broken.filter(({ kind }) => kind === 'channel');
    return [
      ...[...(this.#lines?.values() ?? [])].map(({ settings }) => settings),
      ...broken.map(({ name }) => ({ name, alerts: 'notice', digest: true }) as const),
    ];
  }

  #takeBack(): void {
    const hasDigest = this.#wishes().some(({ digest }) => digest);
    for (const key of this.#lines === null ? [] : this.#open) {
      if (key === unsentKey && !hasDigest) this.#speaker.say(key, null);
      const name = failingChannel(key);
      // Pings tell of themselves.
      if (name === null || name === pingName(null) || name.startsWith(pingName(''))) continue;
      const line = this.#lines?.get(name);
      const isFine = line !== undefined && !line.isFailing && this.#waiting.of(name).length === 0;
      if (isFine || !this.#isKnown(name)) this.#speaker.say(key, null);
    }
  }

  #taken(name: string, line: Line, id: string): void {
    line.taken();
    this.#speaker.say(failingKey(name), null);
    this.#delivered(id);
  }

  #delivered(id: string): void {
    const delivery = this.#waiting.remove(id);
    if (delivery?.message.kind !== 'digest') return;
    this.#digestTakenMs = Math.max(this.#digestTakenMs, delivery.createdMs);
    for (const one of this.#waiting.all())
      if (one.message.id === delivery.message.id) this.#waiting.save({ ...one, taken: true });
    this.#speaker.say(unsentKey, null);
  }

  #failed(name: string, line: Line, id: string, thrown: unknown): void {
    const nowMs = this.#options.now();
    const error = channelError(thrown);
    const untilMs = line.failed(error, nowMs);
    const { log } = this.#options;
    log.warn(
      { channel: name, err: thrown instanceof ChannelError ? undefined : thrown, error: error.message },
      'a message could not be delivered',
    );
    const text = `${name} does not take messages: ${error.message}`;
    if (line.isFailing) this.#speaker.say(failingKey(name), failingWord(name, text, error.remedy));
    if (error.isPartial) {
      this.#delivered(id);
      return;
    }
    // What may be the message's own fault lets others try first.
    const nextMs = error.isFinal ? Math.max(untilMs, nowMs + hourMs) : untilMs;
    this.#waiting.failed(id, { text: error.message, isFinal: error.isFinal, nextMs });
  }

  #dropGone(before: ReadonlyMap<string, Line>): void {
    for (const delivery of this.#waiting.all())
      if (!this.#isKnown(delivery.channel)) this.#waiting.drop(delivery, 'there is no such channel any more');
    for (const name of before.keys()) if (!this.#isKnown(name)) this.#speaker.say(failingKey(name), null);
  }

  /** One that nobody took is said; and stays said, also when it is given up, until somebody takes a newer one. */
  #lookAtDigest(nowMs: number): void {
    const digests = this.#waiting.all().filter(({ message }) => message.kind === 'digest');
    const newest = digests.reduce<Delivery | null>(
      (one, other) => (one === null || other.createdMs > one.createdMs ? other : one),
      null,
    );
    if (newest === null || newest.taken || newest.createdMs <= this.#digestTakenMs) return;
    if (nowMs - newest.createdMs < digestWithinMs) return;
    const why = digests
      .filter(({ message }) => message.id === newest.message.id)
      .map(({ channel, error }) => `${channel}: ${error ?? 'it waits for what is before it'}.`);
    this.#speaker.say(unsentKey, unsentWord(newest.message.title, why));
  }

  #move(byMs: number): void {
    for (const line of this.#lines?.values() ?? []) line.move(byMs);
    this.#waiting.move(byMs);
    this.#digestTakenMs += byMs;
  }
}
