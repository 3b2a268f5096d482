import { setTimeout as sleep } from 'node:timers/promises';

const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** What lived this long was well; its next death starts with a short pause again. */
const healthyAfterMs = 60_000;

/** A program that is to run for as long as the server does. */
export interface Life {
  /** The one that runs already: resolves with its last words when it has ended. */
  readonly ended: Promise<string>;
  /** Starts the next; resolves with its last words when it has ended, or with why it could not be started. */
  readonly again: () => Promise<string>;
  /** Hears of every death but the one that `signal` asked for. */
  readonly onDeath: (words: string, pauseMs: number) => void;
  /** It is to end now, or to stay ended. */
  readonly signal: AbortSignal;
}

/** Starts a program again whenever it ends, with pauses that grow to half a minute; resolves once it is to stay ended. */
export const keepRunning = async ({ ended, again, onDeath, signal }: Life): Promise<void> => {
  let pauseMs = firstPauseMs;
  let startedAt = performance.now();
  let current = ended;
  for (;;) {
    const words = await current;
    if (signal.aborted) return;
    if (performance.now() - startedAt > healthyAfterMs) pauseMs = firstPauseMs;
    onDeath(words, pauseMs);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    startedAt = performance.now();
    current = again();
  }
};
