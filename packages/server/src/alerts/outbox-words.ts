import { keyOf } from '../events/condition.ts';
import type { MonitorWord } from '../monitor/link.ts';

const failing = { code: 'channel-failing', source: null } as const;
const unsent = { code: 'digest-unsent', source: null, subject: null } as const;
const longest = 2000;

/** By what `channel-failing` of this channel is known. */
export const failingKey = (name: string): string => keyOf({ ...failing, subject: name });
/** By what `digest-unsent` is known. */
export const unsentKey = keyOf(unsent);

/** The channel that a condition of this key is about; null for another condition. */
export const failingChannel = (key: string): string | null => {
  const prefix = failingKey('');
  return key.startsWith(prefix) ? key.slice(prefix.length) : null;
};

/** A channel that does not take messages, or a ping that can not be used. */
export const failingWord = (name: string, text: string, remedy: string): MonitorWord => ({
  raise: {
    ...{ ...failing, subject: name.slice(0, 200), severity: 'warning' },
    ...{ text: text.slice(0, longest), remedy: remedy.slice(0, longest) },
  },
});

/** A digest that nobody has got. `why` are the channels and how they failed. */
export const unsentWord = (title: string, why: readonly string[]): MonitorWord => ({
  raise: {
    ...{ ...unsent, severity: 'warning' },
    text: `No channel has taken the digest "${title}". ${why.join(' ')}`.slice(0, longest),
    remedy:
      'It is tried again for three days. Once the channel is mended, see that it is: berth-server alerts test CHANNEL',
  },
});

/** Says each thing once for as long as it stays the same; after a start it says everything again. */
export class OutboxSpeaker {
  readonly #tell: (words: readonly MonitorWord[]) => void;
  readonly #said = new Map<string, string>();

  constructor(tell: (words: readonly MonitorWord[]) => void) {
    this.#tell = tell;
  }

  /** `word` null: it is no longer so. */
  say(key: string, word: MonitorWord | null): void {
    const next = word ?? { resolve: key };
    const text = JSON.stringify(next);
    if (this.#said.get(key) === text) return;
    this.#said.set(key, text);
    this.#tell([next]);
  }

  /** Nothing was said of it: it is not so any more, and we did not say so. */
  forget(key: string): void {
    this.#said.delete(key);
  }

  /** Whether the last that was said of it is that it is so. */
  isSaid(key: string): boolean {
    return this.#said.get(key)?.startsWith('{"raise"') === true;
  }
}
