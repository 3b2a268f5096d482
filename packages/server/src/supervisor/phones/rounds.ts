import type { Clock } from '../../coordinator/clock.ts';

/** No timer is set for longer: what was planned is looked at again. */
const longestWaitMs = 60_000;

export interface RoundsOptions {
  readonly clock: Pick<Clock, 'steadyMs'>;
  /** When the next one is to begin, by the steady clock; asked after each, and whenever `plan` is called. */
  readonly nextAtMs: () => number;
  /** One round. It ends soon after `signal` aborts, and never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Something that is done again and again, and never twice at once. */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** Begins, or goes by what is planned now. */
  plan(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    clearTimeout(this.#timer);
    const waitMs = this.#options.nextAtMs() - this.#options.clock.steadyMs();
    this.#timer = setTimeout(() => (waitMs > longestWaitMs ? this.plan() : this.#begin()), clamp(waitMs));
  }

  /** Nothing begins any more; resolves when the one that runs has ended, which it is told to. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #begin(): void {
    this.#running = this.#options.run(this.#stopping.signal).finally(() => {
      this.#running = null;
      this.plan();
    });
  }
}

const clamp = (waitMs: number): number => Math.min(Math.max(0, waitMs), longestWaitMs);
