import type { Logger } from 'pino';
import type { Channel, Message } from '../channels/channel.ts';
import type { Condition } from '../events/condition.ts';
import type { MonitorWord } from '../monitor/link.ts';
import type { MonitorSettings } from '../monitor/settings.ts';
import type { MonitorState } from '../monitor/state.ts';

/** What an outbox works with. */
export interface OutboxOptions {
  readonly state: Pick<MonitorState, 'deliveries' | 'saveDelivery' | 'removeDelivery'>;
  /** UTC milliseconds. */
  readonly now: () => number;
  /** Takes what is so of the channels and the digest: `channel-failing`, `digest-unsent`. */
  readonly tell: (words: readonly MonitorWord[]) => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Brings messages to channels, however long that takes. */
export class Outbox {
  readonly options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  /** These are the channels from now on; `channels` are made of `settings.channels`. Before the first, messages wait. */
  apply(_settings: Pick<MonitorSettings, 'channels' | 'broken'>, _channels: readonly Channel[]): void {}

  /** What is open, whenever that changes: what an earlier monitor said of a channel that is gone is taken back. */
  saw(_open: readonly Condition[]): void {}

  /** Keeps a message for every channel that wants it; the next tick sends it. The same message twice is one. */
  push(_message: Message): void {}

  /** Begins to send what is due: once a second. Never throws. */
  tick(): void {}

  /** Resolves when nothing is being sent. */
  async idle(): Promise<void> {}

  /** Stops sending; what is not delivered is kept. */
  async close(): Promise<void> {}
}
