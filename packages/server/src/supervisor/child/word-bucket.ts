import type { Logger } from 'pino';
import { type Condition, keyOf, type Raised, type Word } from '../../events/condition.ts';

export interface WordBucketOptions {
  /** Who says it, for the log: `coordinator`. */
  readonly name: string;
  /** How many changes it may make at once, and again within each hour. */
  readonly most: () => number;
  /** The conditions that are open. */
  readonly open: () => readonly Condition[];
  /** Takes the words. Never rejects. */
  readonly take: (words: readonly Word[]) => Promise<void>;
  readonly log: Logger;
}

const hourMs = 3_600_000;
/** What is held back is looked at this often, so that it is written together. */
const lookMs = 10_000;

/**
 * Bounds how often a child that is not trusted changes conditions: each change is a line of the history and waits for the disk. What is
 * over is held, the newest word of each condition, and taken in its turn. What changes nothing costs nothing, so a child that is
 * sane never meets it.
 */
export class WordBucket {
  readonly #options: WordBucketOptions;
  /** By key, the longest held first: said anew, a condition keeps its turn. */
  readonly #held = new Map<string, Word>();
  #left: number | null = null;
  #atMs = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WordBucketOptions) {
    this.#options = options;
  }

  /** What is held and would be a condition. */
  get held(): readonly Raised[] {
    return [...this.#held.values()].flatMap((word) => ('raise' in word ? [word.raise] : []));
  }

  /** Takes what it may now, and the rest later. Resolves when the first is taken; never rejects. */
  say(words: readonly Word[]): Promise<void> {
    for (const word of words) this.#held.set(keyOfWord(word), word);
    return this.#look();
  }

  /** What is held is forgotten: a child that starts says everything again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#held.clear();
  }

  async #look(): Promise<void> {
    const open = new Map(this.#options.open().map((condition) => [condition.key, condition]));
    this.#fill();
    const taken: Word[] = [];
    for (const [key, word] of this.#held) {
      const isChange = changes(word, open.get(key));
      if (isChange && !this.#spend()) continue;
      this.#held.delete(key);
      taken.push(word);
    }
    if (this.#held.size > 0) this.#waitForMore();
    if (taken.length > 0) await this.#options.take(taken);
  }

  #fill(): void {
    const most = this.#options.most();
    const nowMs = performance.now();
    this.#left = Math.min(most, (this.#left ?? most) + ((nowMs - this.#atMs) * most) / hourMs);
    this.#atMs = nowMs;
  }

  #spend(): boolean {
    if (this.#left === null || this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #waitForMore(): void {
    const { log, name } = this.#options;
    const nowMs = performance.now();
    if (nowMs - this.#loggedAtMs >= hourMs) {
      this.#loggedAtMs = nowMs;
      log.warn({ held: this.#held.size }, `the ${name} says more than it may; the rest is taken bit by bit`);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, lookMs).unref();
  }
}

/** What is open, or will be once its turn comes. */
export const known = (
  open: readonly Condition[],
  { held }: Pick<WordBucket, 'held'>,
): readonly Pick<Condition, 'key' | 'code'>[] => [
  ...open,
  ...held.map((raised) => ({ key: keyOf(raised), code: raised.code })),
];

const keyOfWord = (word: Word): string => ('raise' in word ? keyOf(word.raise) : word.resolve);

const changes = (word: Word, known: Condition | undefined): boolean => {
  if (!('raise' in word)) return known !== undefined;
  const { text, remedy, severity } = word.raise;
  return known?.text !== text || known.remedy !== remedy || known.severity !== severity;
};
