/** The clock and the sleep of a daemon; tests bring their own. */
export interface DaemonWorld {
  /** The wall clock, which may jump. */
  readonly now: () => Date;
  /** Resolves after that time, or as soon as `signal` aborts; never rejects. Time in which the machine is suspended may not count. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1, as Math.random. */
  readonly random: () => number;
}

/** A timer does not see a suspended hour, so nothing sleeps longer than this at a time. */
const stepMs = 30_000;

/** A step that took this much more or less by the wall clock was no step: the machine slept, or its clock was set. */
const jumpMs = 60_000;

/** Why a sleep ended: it is `until`, somebody asked to stop, or the clock went `byMs` further than the sleep, backwards if negative. */
export type Awake =
  | { readonly kind: 'rested' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'jumped'; readonly byMs: number };

/**
 * Sleeps until `until` by the wall clock. A machine that comes back from being suspended, or whose clock is set, is awake within half a
 * minute, whatever `until` says: what was planned by another clock is to be looked at anew.
 */
export const sleepUntil = async (until: Date, world: DaemonWorld, signal: AbortSignal): Promise<Awake> => {
  for (;;) {
    if (signal.aborted) return { kind: 'stopped' };
    const before = world.now().getTime();
    const delayMs = Math.min(stepMs, until.getTime() - before);
    if (delayMs <= 0) return { kind: 'rested' };
    await world.sleep(delayMs, signal);
    const byMs = world.now().getTime() - before - delayMs;
    if (!signal.aborted && Math.abs(byMs) >= jumpMs) return { kind: 'jumped', byMs };
  }
};
