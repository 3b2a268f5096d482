import { type Channel, ChannelError } from '../channels/channel.ts';
import type { ChannelSettings } from '../channels/settings.ts';
import type { Delivery } from '../monitor/state.ts';
import { pauseMs } from './pauses.ts';
import { minuteMs } from './times.ts';

/** What a channel may take; by its contract it takes half of that. */
const sendMs = minuteMs;

/** One channel as the outbox uses it: one message at a time, and pauses that grow while it fails. Times are UTC milliseconds. */
export class Line {
  readonly settings: ChannelSettings;
  readonly #channel: Channel;
  #sending: Sending | null = null;
  #failures: number;
  #error: ChannelError | null = null;
  #untilMs: number | null = null;

  /** `failures`: how many in a row there were already, before a restart. */
  constructor(settings: ChannelSettings, channel: Channel, failures: number) {
    this.settings = settings;
    this.#channel = channel;
    this.#failures = failures;
  }

  /** Once may be chance. */
  get isFailing(): boolean {
    return this.#failures > 1 || this.#error?.isFinal === true;
  }

  /** How it failed last, null when it did not. */
  get error(): ChannelError | null {
    return this.#error;
  }

  /** The id of the delivery on its way. */
  get busyWith(): string | null {
    return this.#sending?.id ?? null;
  }

  /** Whether the next one may be sent now. */
  isReady(nowMs: number): boolean {
    return this.#sending === null && (this.#untilMs === null || nowMs >= this.#untilMs);
  }

  /** Whether what is on its way has been for too long: then `giveUp` is to be called. */
  isStuck(nowMs: number): boolean {
    return this.#sending !== null && nowMs - this.#sending.sinceMs > 2 * sendMs;
  }

  /** Sends one; calls one of the two, once, unless it is given up before. Never throws. */
  send({ id, message }: Delivery, nowMs: number, onTaken: () => void, onFailed: (error: unknown) => void): void {
    const stop = new AbortController();
    const sending: Sending = { id, sinceMs: nowMs, stop, ended: Promise.resolve() };
    this.#sending = sending;
    const end = (then: () => void): void => {
      if (this.#sending !== sending) return;
      this.#sending = null;
      then();
    };
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(sendMs)]);
    sending.ended = (async () => this.#channel.send(message, signal))().then(
      () => end(onTaken),
      (error: unknown) => end(() => onFailed(error)),
    );
  }

  /** What is on its way is on its way no longer, whatever its service still says. Resolves when it has ended, or in a second. */
  async giveUp(): Promise<void> {
    const sending = this.#sending;
    this.#sending = null;
    sending?.stop.abort();
    if (sending !== null)
      await Promise.race([sending.ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await this.#sending?.ended;
  }

  /** It took a message. */
  taken(): void {
    this.#failures = 0;
    this.#error = null;
    this.#untilMs = null;
  }

  /** It did not; returns until when it is left alone. */
  failed(error: ChannelError, nowMs: number): number {
    this.#failures += 1;
    this.#error = error;
    this.#untilMs = nowMs + pauseMs(this.#failures, error.retryAfterMs);
    return this.#untilMs;
  }

  /** Moves its times along with a clock that jumped. */
  move(jumpMs: number): void {
    if (this.#untilMs !== null) this.#untilMs += jumpMs;
    if (this.#sending !== null) this.#sending.sinceMs += jumpMs;
  }
}

interface Sending {
  readonly id: string;
  sinceMs: number;
  readonly stop: AbortController;
  ended: Promise<void>;
}

/** Whatever a channel throws, as an error that says what to do. */
export const channelError = (error: unknown): ChannelError =>
  error instanceof ChannelError
    ? error
    : new ChannelError(error instanceof Error ? error.message : String(error), {
        ...{ isFinal: false, remedy: 'It is tried again. If it stays so, see the log of the server.', cause: error },
      });
