import { setTimeout as delay } from 'node:timers/promises';

/** Waits, and resolves early when aborted. */
export const wait = (delayMs: number, signal: AbortSignal): Promise<void> =>
  delay(delayMs, undefined, { signal }).catch(() => undefined);
