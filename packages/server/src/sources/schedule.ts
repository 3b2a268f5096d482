import type { Millis } from '@berth/common/brand.ts';
import { noPolicy, type Policy } from '@berth/common/control/policy.ts';
import type { Window } from '../coordinator/plan/window.ts';
import { isTimeZone, span, type WrittenSchedule } from './schedule-schema.ts';

/** How many may run at once where the file says nothing: one sends while the other reads its files. */
export const defaultConcurrency = 2;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** When a source should run, and what is asked of its runs: every default filled in. */
export interface Schedule {
  /** At least 15 minutes. */
  readonly everyMs: Millis;
  /** The hours in which it may; null for any time. Always null where it runs more often than once a day. */
  readonly window: Window | null;
  /** Without a success for so long, its silence is red. At least `everyMs`. */
  readonly overdueAfterMs: Millis;
  /** Null, in parts or as a whole, where the file leaves it to agent.yaml. */
  readonly policy: Policy;
}

/** What the source writes, else what the server writes for all, else the default; retention and check number by number. */
export const scheduleOf = (own: WrittenSchedule, all: WrittenSchedule): Schedule => {
  const everyMs = own.every ?? all.every ?? span(dayMs);
  const window = own.window ?? all.window ?? 'always';
  return {
    everyMs,
    window: window === 'always' ? null : window,
    overdueAfterMs: own.overdue_after ?? all.overdue_after ?? usualOverdueMs(everyMs),
    policy: policyOf(own, all),
  };
};

/** An SFTP source has no agent: nothing is planned for it and asked of it, but its silence counts all the same. */
export const withoutAgent = (schedule: Schedule): Schedule => ({ ...schedule, window: null, policy: noPolicy });

/** A whole period late, and never less than 6 hours: a laptop that was closed over lunch is no alarm. */
export const usualOverdueMs = (everyMs: number): Millis => span(Math.max(2 * everyMs, everyMs + 6 * hourMs));

/** The host's own time zone, as its environment says it. */
export const hostTimeZone = (): string => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return isTimeZone(timeZone) ? timeZone : 'UTC';
};

/** What is not written of a retention or a check is what agent.yaml has where it says nothing. */
const policyOf = (own: WrittenSchedule, all: WrittenSchedule): Policy => ({
  retention:
    own.retention === undefined && all.retention === undefined
      ? null
      : {
          daily: own.retention?.daily ?? all.retention?.daily ?? 14,
          weekly: own.retention?.weekly ?? all.retention?.weekly ?? 8,
          monthly: own.retention?.monthly ?? all.retention?.monthly ?? 12,
          yearly: own.retention?.yearly ?? all.retention?.yearly ?? 3,
          keepWithinMs: own.retention?.keep_within ?? all.retention?.keep_within ?? 2 * dayMs,
        },
  prune:
    own.prune === undefined && all.prune === undefined
      ? null
      : { everyMs: own.prune?.every ?? all.prune?.every ?? 7 * dayMs },
  check:
    own.check === undefined && all.check === undefined
      ? null
      : {
          everyMs: own.check?.every ?? all.check?.every ?? 7 * dayMs,
          sharePercent: own.check?.share ?? all.check?.share ?? 5,
        },
});
