/** The time, as the coordinator takes it. */
export interface Clock {
  /** UTC milliseconds: may jump either way when somebody sets it. */
  readonly wallMs: () => number;
  /** Milliseconds from anywhere; never goes back and never jumps. */
  readonly steadyMs: () => number;
}

/** This machine's; tests let it go ahead of that by some milliseconds. */
export const clockAhead = (aheadMs: number): Clock => ({
  wallMs: () => Date.now() + aheadMs,
  steadyMs: () => performance.now(),
});

/** Less than this is a clock being kept right. */
const smallestJumpMs = 5000;

/**
 * How far the wall clock has jumped since the last look, in whole milliseconds, as all times are that are kept (the steady
 * clock has fractions); 0 when it went along. Whatever was to happen
 * after a while (a lease's end, a place in the queue) moves with it, because a while is not the clock's business.
 */
export const jumpWatch = ({ wallMs, steadyMs }: Clock): (() => number) => {
  let offsetMs = wallMs() - steadyMs();
  return () => {
    const nowOffsetMs = wallMs() - steadyMs();
    const jumpMs = Math.round(nowOffsetMs - offsetMs);
    if (Math.abs(jumpMs) < smallestJumpMs) return 0;
    offsetMs = nowOffsetMs;
    return jumpMs;
  };
};

/** Clocks are a little apart; what is dated later than this after now was dated by a clock that was wrong. */
export const aheadMs = 10 * 60_000;

/** A time that something happened at; null where that is still to come, so that nobody knows when it was. */
export const happened = (atMs: number | null, nowMs: number): number | null =>
  atMs !== null && atMs <= nowMs + aheadMs ? atMs : null;
