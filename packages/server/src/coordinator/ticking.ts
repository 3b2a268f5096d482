import { setTimeout as wait } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import { aliveMs } from './link.ts';

const tickMs = 1000;

/** Until the coordinator ends: a tick every second, and now and then the word that it goes on, which only a tick that ended lets it say. */
export const keepTicking = async (
  fleet: Pick<Fleet, 'tick'>,
  signal: AbortSignal,
  sayAlive: () => void,
  everyMs = tickMs,
): Promise<void> => {
  for (let ticks = 1; !signal.aborted; ticks += 1) {
    await wait(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await fleet.tick();
    if (ticks % (aliveMs / tickMs) === 0) sayAlive();
  }
};
