import type { Logger } from 'pino';

/**
 * Keeps the monitor's parts from ending each other: what throws is logged, once until it works again, and the others go on.
 */
export class Guard {
  readonly #log: Logger;
  readonly #failing = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Does `work`; null where it threw. */
  try<Result>(part: string, work: () => Result): Result | null {
    try {
      const result = work();
      this.#failing.delete(part);
      return result;
    } catch (error) {
      this.#tell(part, error);
      return null;
    }
  }

  /** The same of work that takes its time; never rejects. */
  async wait<Result>(part: string, work: () => Promise<Result>): Promise<Result | null> {
    try {
      const result = await work();
      this.#failing.delete(part);
      return result;
    } catch (error) {
      this.#tell(part, error);
      return null;
    }
  }

  #tell(part: string, error: unknown): void {
    if (!this.#failing.has(part))
      this.#log.error({ err: error, part }, 'a part of the monitor failed; the others go on');
    this.#failing.add(part);
  }
}
