import type { Logger } from 'pino';
import type { ConditionEvent, Word } from './condition.ts';
import { recordConditions } from './record.ts';

/**
 * The running server's way to conditions: words are recorded in the order in which they were said, and logged. What a
 * full disk does not take is kept, and said again with the next words.
 */
export class Keeper {
  readonly #dataDir: string;
  readonly #log: Logger;
  #waiting: Word[] = [];
  #queue: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(dataDir: string, log: Logger) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  /** Never throws; resolves when these words are recorded, or could not be for now. */
  say(words: readonly Word[]): Promise<void> {
    this.#waiting.push(...words);
    this.#queue = this.#queue.then(() => this.#record());
    return this.#queue;
  }

  async #record(): Promise<void> {
    const words = this.#waiting;
    if (words.length === 0) return;
    this.#waiting = [];
    try {
      for (const event of await recordConditions(this.#dataDir, words, Date.now())) this.#tell(event);
      this.#failing = false;
    } catch (error) {
      this.#waiting = [...words, ...this.#waiting].slice(-mostWaiting);
      if (!this.#failing) this.#log.error({ err: error }, 'events could not be recorded; it is tried again');
      this.#failing = true;
    }
  }

  #tell(event: ConditionEvent): void {
    const { event: what, key, source, severity, text } = event;
    const fields = { event: what, key, ...(source !== null && { source }), severity };
    if (what === 'resolved' || severity === 'notice') this.#log.info(fields, text);
    else if (severity === 'warning') this.#log.warn(fields, text);
    else this.#log.error(fields, text);
  }
}

/** Each of them is said again anyway, but for what a scrub found. */
const mostWaiting = 10_000;
