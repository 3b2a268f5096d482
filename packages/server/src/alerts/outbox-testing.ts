import { type Channel, ChannelError, type Message } from '../channels/channel.ts';
import type { ChannelSettings } from '../channels/settings.ts';
import type { MonitorWord } from '../monitor/link.ts';
import { memoryState } from '../monitor/state/open.ts';
import { Outbox } from './outbox.ts';
import { startMs } from './testing.ts';

/** What a channel does with a message: takes it, fails as it is told to, or never answers. */
export type Answer =
  | 'takes'
  | 'hangs'
  | { readonly isFinal?: boolean; readonly isPartial?: boolean; readonly retryAfterMs?: number };

/** A channel that answers as it is told to, and keeps what it took. */
export class FakeChannel implements Channel {
  readonly name: string;
  readonly took: Message[] = [];
  /** When it was asked. */
  readonly askedMs: number[] = [];
  answer: Answer = 'takes';
  readonly #now: () => number;

  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
  }

  send = async (message: Message): Promise<void> => {
    this.askedMs.push(this.#now());
    if (this.answer === 'takes') this.took.push(message);
    else if (this.answer === 'hangs') await new Promise(() => undefined);
    else {
      const { isFinal = false, isPartial = false, retryAfterMs = null } = this.answer;
      throw new ChannelError('it answered 500', { isFinal, isPartial, retryAfterMs, remedy: 'Look at it.' });
    }
  };
}

/** Settings of a channel; say what differs. */
export const channelSettings = (name: string, change: Partial<ChannelSettings> = {}): ChannelSettings => {
  const base = { name, alerts: 'warning', digest: false } as const;
  const { alerts, digest } = change;
  return {
    ...{ ...base, type: 'slack', url: 'https://hooks.example.org/x', allowPrivate: false },
    ...(alerts === undefined ? {} : { alerts }),
    ...(digest === undefined ? {} : { digest }),
  };
};

/** A message; say what differs. */
export const messageOf = (id: string, change: Partial<Message> = {}): Message => ({
  ...{ id, kind: 'raised', severity: 'warning', title: `title ${id}`, body: `body ${id}`, code: 'overdue' },
  ...{ sources: ['laptop'], atMs: startMs, url: null, mail: null },
  ...change,
});

/** An outbox with channels that are made up, by a clock that only goes when it is told to. */
export class OutboxWorld {
  nowMs = startMs;
  readonly state = memoryState();
  readonly words: MonitorWord[] = [];
  readonly log: string[] = [];
  readonly channels = new Map<string, FakeChannel>();
  settings: readonly ChannelSettings[];
  outbox: Outbox;

  constructor(settings: readonly ChannelSettings[]) {
    this.settings = settings;
    this.outbox = this.#begin();
    this.apply();
  }

  #begin(): Outbox {
    const log = { info: () => undefined, warn: (_: object, text?: string) => void this.log.push(text ?? '') };
    return new Outbox({ state: this.state, now: () => this.nowMs, tell: (words) => this.words.push(...words), log });
  }

  /** Takes these settings, or those of before. */
  apply(settings = this.settings, broken: Parameters<Outbox['apply']>[0]['broken'] = []): void {
    this.settings = settings;
    for (const { name } of settings)
      if (!this.channels.has(name)) this.channels.set(name, new FakeChannel(name, () => this.nowMs));
    this.outbox.apply({ channels: [...settings], broken }, [...this.channels.values()]);
  }

  channel(name: string): FakeChannel {
    const found = this.channels.get(name);
    if (found === undefined) throw new Error(`there is no channel ${name}`);
    return found;
  }

  /** Lets time go by, ticking every `stepMs`; what is sent is over before the next tick. */
  async pass(forMs: number, stepMs = 30_000): Promise<void> {
    for (const endMs = this.nowMs + forMs; ; ) {
      this.outbox.tick();
      // Twice: a channel's answer, and what the outbox does with it.
      for (let turn = 0; turn < 6; turn++) await Promise.resolve();
      if (this.nowMs >= endMs) return;
      this.nowMs = Math.min(this.nowMs + stepMs, endMs);
    }
  }

  /** As after a kill: only what was written down. */
  restart(): void {
    this.outbox = this.#begin();
    this.apply();
  }

  /** What is said to be so, in order: `raise CODE:…` or `resolve CODE:…`. */
  said(): readonly string[] {
    return this.words.map((word) =>
      'raise' in word ? `raise ${word.raise.code} ${word.raise.subject ?? ''}`.trim() : `resolve ${word.resolve}`,
    );
  }
}
