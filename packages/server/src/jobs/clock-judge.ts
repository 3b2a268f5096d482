import { z } from 'zod';

const millis = z.number();

/** What time it was, twice: by the wall clock (UTC), and by the kernel's count since boot, which nobody sets. */
export const clockSample = z.object({ wallMs: millis, bootTimeMs: millis, bootId: z.string() });
export type ClockSample = z.infer<typeof clockSample>;

const jumpSchema = z.object({
  /** How far the clock is ahead of what it should be, or behind (negative); null when what was known of it is lost. */
  byMs: millis.nullable(),
  /** What the clock said when that was noticed. */
  noticedAtMs: millis,
  /** The last time that is known to be right; null when that is lost. */
  before: clockSample.nullable(),
});
/** The wall clock is not where it should be. */
export type ClockJump = z.infer<typeof jumpSchema>;

/** What the server remembers of its clock: `<data>/clock.json`. */
export const clockState = z.object({
  version: z.literal(1),
  /** Since when the clock is trusted on this boot: small steps add up against it. */
  anchor: clockSample,
  /** When it was last seen right, which is what the next boot goes by. */
  last: clockSample,
  /** Null while the clock is trusted. */
  jump: jumpSchema.nullable(),
  /** When the last jump ended, by the clock that was right again; null when there was none. A purge goes by it. */
  settledAtMs: millis.nullable().default(null),
});
export type ClockState = z.infer<typeof clockState>;

/** More than this is a jump. NTP and time zones stay far below it. */
export const jumpMs = 86_400_000;
/** A clock that is back within this is where it was. */
const agreeMs = 300_000;

/** A clock that an admin has just said is right, or that was never looked at before. */
export const trustFrom = (now: ClockSample): ClockState => ({
  version: 1,
  anchor: now,
  last: now,
  jump: null,
  settledAtMs: null,
});

/** What follows when what was known is lost: only a person can say whether the clock is right. */
export const trustNothing = (now: ClockSample): ClockState => ({
  ...trustFrom(now),
  jump: { byMs: null, noticedAtMs: now.wallMs, before: null },
});

/**
 * What is known of the clock at `now`. Within a boot the wall clock must go as the kernel's count does. Across boots
 * nothing tells how long the machine was off: this boot must have begun less than a day after the clock was last seen.
 * What has jumped stays so until the clock is back, by the time before the jump, or until an admin confirms it.
 */
export const judgeClock = (known: ClockState | null, now: ClockSample): ClockState => {
  if (known === null) return trustFrom(now);
  const { anchor, last, jump } = known;
  if (jump !== null) return judgeJumped(known, jump, now);
  const before = anchor.bootId === now.bootId ? anchor : last;
  const byMs = aheadOf(before, now);
  if (Math.abs(byMs) > jumpMs) return { ...known, jump: { byMs, noticedAtMs: now.wallMs, before } };
  return { ...known, anchor: before === anchor ? anchor : now, last: now };
};

const judgeJumped = (known: ClockState, jump: ClockJump, now: ClockSample): ClockState => {
  const { before } = jump;
  if (before === null) return known;
  const byMs = aheadOf(before, now);
  const isSameBoot = before.bootId === now.bootId;
  const isBack = byMs >= -agreeMs && byMs <= (isSameBoot ? agreeMs : jumpMs);
  if (isBack) {
    return { version: 1, anchor: isSameBoot ? before : now, last: now, jump: null, settledAtMs: now.wallMs };
  }
  return { ...known, jump: { ...jump, byMs } };
};

/** How far the wall clock is ahead of what `before` leads one to expect. Across boots: the longest the machine was off. */
const aheadOf = (before: ClockSample, now: ClockSample): number => {
  const wall = now.wallMs - before.wallMs;
  return before.bootId === now.bootId ? wall - (now.bootTimeMs - before.bootTimeMs) : wall - now.bootTimeMs;
};
