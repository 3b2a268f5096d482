import type { Assignment } from '@berth/common/control/assignment.ts';
import { controlVersion } from '@berth/common/control/wire.ts';
import { type Entry, freshnessOfEntry, nextRunOf } from '../entry.ts';

/** When an agent asks again though nothing is due: so long a change of sources.yaml may take to reach it. */
const askAgainMs = 6 * 3_600_000;

/** `GET /v1/assignment`: when this source should run. */
export const assignment = (entry: Entry, nowMs: number): Assignment => {
  const next = nextRunOf(entry, nowMs);
  const { lastSuccessMs } = freshnessOfEntry(entry, nowMs);
  const askAgainAtMs = Math.min(
    nowMs + askAgainMs,
    next === null ? Number.POSITIVE_INFINITY : Math.max(next.startsAtMs, nowMs),
  );
  return {
    version: controlVersion,
    source: entry.name,
    now: iso(nowMs),
    everyMs: entry.source.everyMs,
    slot:
      next === null
        ? null
        : { startsAt: iso(next.startsAtMs), closesAt: next.closesAtMs === null ? null : iso(next.closesAtMs) },
    lastSuccessAt: lastSuccessMs === null ? null : iso(lastSuccessMs),
    askAgainAt: iso(askAgainAtMs),
    overdueAfterMs: entry.source.overdueAfterMs,
    policy: entry.source.policy,
  };
};

/** UTC milliseconds as they go over the wire. */
export const iso = (ms: number): string => new Date(ms).toISOString();
