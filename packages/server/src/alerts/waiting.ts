import type { Logger } from 'pino';
import type { Message } from '../channels/channel.ts';
import type { Delivery, MonitorState } from '../monitor/state.ts';
import { keptMs } from './pauses.ts';
import { insteadOf } from './routes.ts';

/** More than this wait for no channel: the oldest alerts go first, digests stay. */
const waitingMost = 200;

/** What has not been delivered, oldest first; kept over restarts. Times are UTC milliseconds. */
export class Waiting {
  readonly #state: Pick<MonitorState, 'saveDelivery' | 'removeDelivery'>;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #deliveries: Map<string, Delivery>;
  /** Those that were refused for good, unless somebody mends something. */
  readonly #refused = new Set<string>();

  constructor(
    state: Pick<MonitorState, 'deliveries' | 'saveDelivery' | 'removeDelivery'>,
    log: Pick<Logger, 'warn'>,
    nowMs: number,
  ) {
    this.#state = state;
    this.#log = log;
    // By a clock that went back, what was made is still to come: it would be kept for years.
    this.#deliveries = new Map(
      state.deliveries().map((one) => [one.id, { ...one, createdMs: Math.min(one.createdMs, nowMs) }]),
    );
  }

  all(): readonly Delivery[] {
    return [...this.#deliveries.values()];
  }

  /** What waits for one channel. */
  of(name: string): readonly Delivery[] {
    return this.all().filter(({ channel }) => channel === name);
  }

  /** Keeps a message for a channel, instead of what waits there of the same trouble but is not on its way. */
  keep(name: string, message: Message, busyWith: string | null, nowMs: number): void {
    const id = `${message.id} ${name}`;
    if (this.#deliveries.has(id)) return;
    const others = this.of(name).filter((one) => one.id !== busyWith);
    const same = others.filter((one) => isSameTrouble(one.message, message));
    for (const one of same) this.remove(one.id);
    const older = same.map((one) => one.message);
    const about = { id, channel: name, message: insteadOf(older, message) };
    this.save({ ...about, createdMs: nowMs, attempts: 0, nextMs: nowMs, error: null, taken: false });
    const oldest = others.find((one) => one.message.kind !== 'digest' && !same.includes(one));
    if (others.length - same.length >= waitingMost && oldest !== undefined) this.drop(oldest, 'too many wait');
  }

  save(delivery: Delivery): void {
    this.#deliveries.set(delivery.id, delivery);
    this.#state.saveDelivery(delivery);
  }

  /** It has been delivered. Returns what it was. */
  remove(id: string): Delivery | undefined {
    const delivery = this.#deliveries.get(id);
    this.#deliveries.delete(id);
    this.#refused.delete(id);
    this.#state.removeDelivery(id);
    return delivery;
  }

  /** It was tried in vain. What has come since of the same trouble goes instead of both. */
  failed(id: string, { text, isFinal, nextMs }: { text: string; isFinal: boolean; nextMs: number }): void {
    const delivery = this.#deliveries.get(id);
    if (delivery === undefined) return;
    const isNewer = (one: Delivery): boolean => one.id !== id && isSameTrouble(one.message, delivery.message);
    const newer = this.of(delivery.channel).findLast(isNewer);
    if (newer !== undefined) {
      this.remove(id);
      this.save({ ...newer, message: insteadOf([delivery.message], newer.message) });
      return;
    }
    if (isFinal) this.#refused.add(id);
    this.save({ ...delivery, attempts: delivery.attempts + 1, nextMs, error: text.slice(0, 500) });
  }

  /** Gives up what has waited for too long, but what is on its way. */
  dropOld(nowMs: number, isBusy: (delivery: Delivery) => boolean): void {
    for (const delivery of this.all()) {
      const mostMs = this.#refused.has(delivery.id) ? keptMs.final : keptMs.usual;
      if (nowMs - delivery.createdMs > mostMs && !isBusy(delivery)) this.drop(delivery, 'it has waited for too long');
    }
  }

  /** Gives one up, and says so in the log. */
  drop({ id, channel, message, attempts, error }: Delivery, why: string): void {
    this.#log.warn({ channel, title: message.title, attempts, error }, `a message was given up: ${why}`);
    this.remove(id);
  }

  /** Moves all times along with a clock that jumped. */
  move(byMs: number): void {
    for (const one of this.all()) this.save({ ...one, createdMs: one.createdMs + byMs, nextMs: one.nextMs + byMs });
  }
}

const isSameTrouble = (one: Message, other: Message): boolean => one.thread != null && one.thread === other.thread;
