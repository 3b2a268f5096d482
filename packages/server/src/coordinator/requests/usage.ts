import type { Usage } from '@berth/common/control/usage.ts';
import { controlVersion } from '@berth/common/control/wire.ts';
import { type Entry, freshnessOfEntry, nextRunOf } from '../entry.ts';
import { iso } from './assignment.ts';

/** `GET /v1/usage`: how the server sees this source. */
export const usage = (entry: Entry, nowMs: number): Usage => {
  const { state, words, lastSuccessMs } = freshnessOfEntry(entry, nowMs);
  const next = nextRunOf(entry, nowMs);
  const { stored, source } = entry;
  return {
    version: controlVersion,
    source: entry.name,
    now: iso(nowMs),
    state,
    words,
    lastSuccessAt: lastSuccessMs === null ? null : iso(lastSuccessMs),
    nextSlotAt: next === null ? null : iso(next.startsAtMs),
    overdueAfterMs: source.overdueAfterMs,
    stored:
      stored === null ? null : { at: stored.at, live: stored.live, trash: stored.trash, snapshots: stored.snapshots },
    quotaBytes: source.quotaBytes,
  };
};
