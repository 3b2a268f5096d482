import { setTimeout as wait } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';

/** Until the coordinator ends: a tick every second. */
export const keepTicking = async (fleet: Pick<Fleet, 'tick'>, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await wait(1000, undefined, { signal, ref: false }).catch(() => undefined);
    if (!signal.aborted) await fleet.tick();
  }
};
