import type { CachedAssignment } from './assignment.ts';

/** What this machine's own reports say. Times are milliseconds of its clock. */
export interface OwnRuns {
  /** The newest run that made a snapshot; null when there was none. */
  readonly lastSuccess: { readonly startedAtMs: number; readonly endedAtMs: number } | null;
  /** The runs since then that did not, the newest first in `lastEndedAtMs`; 0 of them when the last was a success. */
  readonly failures: number;
  readonly lastFailure: { readonly endedAtMs: number; readonly reason: string | null } | null;
}

/** Is a run due? `server`: whether it was asked just now, and whether it answered. */
export interface DueQuestion {
  readonly nowMs: number;
  readonly cached: CachedAssignment | null;
  readonly own: OwnRuns;
  readonly server: 'unasked' | 'answered' | 'away';
}

/** All times by this machine's clock. */
export type DueAnswer =
  /** What is known is too old: ask the server for the assignment first. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'run'; readonly sinceMs: number }
  | { readonly kind: 'not-due'; readonly nextAtMs: number; readonly slotAtMs: number | null };

const minute = 60_000;
const day = 1_440 * minute;

/** How often the operating system wakes us, and a slot that begins before the next wake is waited for here. */
export const wakeMs = 15 * minute;
const waitMs = 16 * minute;

/** The decision, from what is at hand. Counts by the server's clock, which `cached` tells from ours. */
export const due = (question: DueQuestion): DueAnswer => {
  const { nowMs, cached, own, server } = question;
  const isStale =
    cached === null ||
    nowMs < cached.askedAtMs ||
    nowMs >= askAgainMs(cached) ||
    // It may only just have begun, and not have planned yet.
    (cached.assignment.slot === null && nowMs - cached.askedAtMs >= wakeMs - minute);
  if (server === 'unasked' && isStale) return { kind: 'ask' };
  const startMs = slotOf(question);
  if (startMs === 'ask') return { kind: 'ask' };
  if (startMs > nowMs) return later(question, startMs);
  const pausedUntilMs = pauseAfter(own, startMs, cached?.assignment.everyMs ?? day);
  if (pausedUntilMs > nowMs && pausedUntilMs - nowMs <= longestPause) {
    return { kind: 'not-due', nextAtMs: pausedUntilMs, slotAtMs: null };
  }
  return { kind: 'run', sinceMs: startMs };
};

const ms = (instant: string): number => Date.parse(instant);
/**
 * Until when an answer holds, by our clock: a day at the longest, whatever it says. A server that was wrong once, by a clock or a bug, would
 * else keep a machine silent for as long as it said.
 */
const askAgainMs = ({ askedAtMs, aheadMs, assignment }: CachedAssignment): number =>
  Math.min(ms(assignment.askAgainAt) - aheadMs, askedAtMs + day);

/** The slot, where it can be one: none is planned further ahead than the next period. */
const believedSlot = (cached: CachedAssignment | null): CachedAssignment['assignment']['slot'] => {
  if (cached === null || cached.assignment.slot === null) return null;
  const { slot, everyMs } = cached.assignment;
  const aheadMs = ms(slot.startsAt) - cached.aheadMs - cached.askedAtMs;
  return aheadMs <= 2 * Math.max(everyMs, day) ? slot : null;
};

/** When the slot that counts begins by our clock: in the past when it is due. */
const slotOf = (question: DueQuestion): number | 'ask' => {
  const { nowMs, cached, own, server } = question;
  const slot = believedSlot(cached);
  const succeededAtMs = own.lastSuccess?.startedAtMs ?? null;
  if (cached === null || slot === null) {
    // A server that answers and plans nothing wants nothing now.
    if (cached !== null && server !== 'away') return askAgainMs(cached);
    return succeededAtMs === null ? nowMs : succeededAtMs + Math.max(cached?.assignment.everyMs ?? day, 15 * minute);
  }
  const startMs = ms(slot.startsAt) - cached.aheadMs;
  const periodMs = Math.max(cached.assignment.everyMs, 15 * minute);
  // What the server just said of its slot takes in all that we handed in.
  if (server === 'answered' || succeededAtMs === null || succeededAtMs <= startMs - periodMs / 4) return startMs;
  if (server === 'unasked') return (own.lastSuccess?.endedAtMs ?? 0) > cached.askedAtMs ? 'ask' : startMs;
  // On the grid of its slots, the first one that this success does not count for.
  const periods = Math.floor((succeededAtMs + periodMs / 4 - startMs) / periodMs) + 1;
  return startMs + periods * periodMs;
};

const later = ({ nowMs, cached, server }: DueQuestion, startMs: number): DueAnswer => {
  const isSlot = believedSlot(cached) !== null || server === 'away';
  if (isSlot && startMs - nowMs <= waitMs) return { kind: 'wait', untilMs: startMs };
  const askAtMs = cached === null || server === 'away' ? nowMs : askAgainMs(cached);
  const nextAtMs = Math.min(startMs, Math.max(askAtMs, nowMs + wakeMs));
  return { kind: 'not-due', nextAtMs: Math.max(nextAtMs, nowMs + minute), slotAtMs: isSlot ? startMs : null };
};

const longestPause = 360 * minute;
/**
 * Their next try costs a login: where nobody answers, a wake ends before its hooks (run.ts), and what was cut off later the run itself has
 * tried again for hours. An agent.yaml that was broken kept anything from being tried: put right, it runs with the next wake.
 */
const passing: ReadonlySet<string | null> = new Set([
  ...['unreachable', 'connection-cut', 'server-busy', 'lease-lost'],
  ...['invalid-config', 'config-missing', 'config-unreadable', 'config-not-a-file'],
]);

/**
 * A run that failed is due again, but what fails each time, hooks and all, is not done every quarter of an hour. Nor is one that went well,
 * should the server not believe it.
 */
const pauseAfter = ({ lastSuccess, failures, lastFailure }: OwnRuns, startMs: number, everyMs: number): number => {
  const long = Math.min(longestPause, Math.max(everyMs / 4, wakeMs));
  if (lastFailure === null || failures === 0) {
    return lastSuccess !== null && lastSuccess.startedAtMs > startMs - everyMs / 4 ? lastSuccess.endedAtMs + long : 0;
  }
  const doubled = wakeMs * 2 ** Math.min(failures - 1, 10);
  // A little less than a wake, so that the next one is not just too early.
  return lastFailure.endedAtMs + (passing.has(lastFailure.reason) ? wakeMs : Math.min(doubled, long)) - minute;
};
