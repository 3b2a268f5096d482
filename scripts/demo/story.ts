import { paint, printable, quote, say } from './screen.ts';
import { millis } from './words.ts';

/** One line of the table at the end. `not-promised`: this mode lacks it, and says so. */
export interface Row {
  readonly part: string;
  readonly what: string;
  readonly state: 'held' | 'broken' | 'not-promised';
  readonly result: string;
  readonly tookMs: number;
}

/** What a chapter came to: words for the table, and what the next chapters need. */
export interface Told<Value> {
  readonly result: string;
  readonly value: Value;
}

/** A promise that did not hold. The message stands in the table. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Goes on only when `held`; else the chapter is broken, with these words. */
export const expect: (held: boolean, otherwise: string) => asserts held = (held, otherwise) => {
  if (!held) throw new BrokenPromise(otherwise);
};

/** Tells chapter by chapter, and remembers each for the table. */
export class Story {
  readonly #rows: Row[] = [];
  readonly #signal: AbortSignal;
  #part = '';

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** What the next chapters have in common: a heading, here and in the table. */
  part(title: string): void {
    this.#part = title;
    say(`\n${paint(['bold', 'underline'], title)}`);
  }

  /** A chapter that the later ones need: when it breaks, the story ends here. */
  async chapter<Value>(what: string, tell: () => Promise<Told<Value>>): Promise<Value> {
    this.#signal.throwIfAborted();
    say(`\n${paint('bold', what)}`);
    const started = performance.now();
    try {
      const { result, value } = await tell();
      this.#record({ part: this.#part, what, state: 'held', result, tookMs: performance.now() - started });
      return value;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!(error instanceof BrokenPromise) && error instanceof Error) quote(error.stack ?? '');
      const tookMs = performance.now() - started;
      this.#record({ part: this.#part, what, state: 'broken', result: firstLine(error), tookMs });
      throw error;
    }
  }

  /** A chapter that stands for itself: when it breaks, the story goes on, and ends badly. */
  async attempt(what: string, tell: () => Promise<string>): Promise<void> {
    await this.chapter(what, async () => ({ result: await tell(), value: undefined })).catch(() => {
      this.#signal.throwIfAborted();
    });
  }

  /** What this mode does not promise, said plainly. */
  admit(what: string, result: string): void {
    say(`\n${paint('bold', what)}`);
    this.#record({ part: this.#part, what, state: 'not-promised', result, tookMs: 0 });
  }

  #record(row: Row): void {
    this.#rows.push(row);
    say(`  ${mark(row)} ${row.result}${row.state === 'held' ? paint('dim', `  ${millis(row.tookMs)}`) : ''}`);
  }
}

/** A row's sign: what held, what broke, what was never promised. */
export const mark = ({ state }: Row): string =>
  ({ held: paint('green', '✓'), broken: paint('red', '✗'), 'not-promised': paint('yellow', '–') })[state];

const firstLine = (error: unknown): string =>
  printable((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '');
