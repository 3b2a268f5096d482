import type { SourceState } from '@berth/common/control/usage.ts';
import { type Freshness, freshness } from '../coordinator/freshness/freshness.ts';
import type { StoredFacts } from '../coordinator/link.ts';
import type { FleetRun, FleetSource } from '../coordinator/state/fleet.ts';

/** How a source is, when it runs, and what it does now. Times are UTC, ISO 8601. */
export interface Planned {
  readonly state: SourceState;
  /** Why, for people; null when it is fine. */
  readonly words: string | null;
  /** When a snapshot last arrived; null when none ever did. */
  readonly lastSuccessAt: string | null;
  /** When it becomes, or became, overdue. */
  readonly overdueAt: string;
  /** In the past when it is due now; null where nothing is planned. */
  readonly nextSlotAt: string | null;
  /** The last run that made a snapshot; null before the first. */
  readonly lastRun: PlannedRun | null;
  /** `3 databases, all verified`, as its last run that came to them says; left out where there are none. */
  readonly databases?: string;
  readonly now:
    | { readonly kind: 'idle' }
    | {
        readonly kind: 'running';
        readonly since: string;
        readonly step: string | null;
        readonly percent: number | null;
      }
    | { readonly kind: 'waiting'; readonly since: string; readonly position: number };
}

/** One run, in short. */
export interface PlannedRun extends Omit<FleetRun, 'endedAtMs'> {
  readonly endedAt: string;
}

/** What is known without the coordinator. */
export interface OwnFacts {
  readonly nowMs: number;
  /** Whether the coordinator runs: what it last wrote of runs and of the queue is so only then. */
  readonly isCoordinated: boolean;
  /** When its folder was made. */
  readonly knownSinceMs: number;
  readonly overdueAfterMs: number;
  /** What the last look at its store found; null before the first. */
  readonly stored: StoredFacts | null;
}

/** What the coordinator knows of a source; where none does, how fresh it is by what is in its store. */
export const plannedOf = (known: FleetSource | null, facts: OwnFacts): Planned => {
  if (known === null) return ofStore(facts);
  const { state, words, lastSuccessMs, overdueAtMs, nextSlotMs, lastRun, now, databases } = known;
  return {
    ...{ state, words, lastSuccessAt: instantOf(lastSuccessMs), overdueAt: instant(overdueAtMs) },
    nextSlotAt: instantOf(nextSlotMs),
    lastRun: lastRun === null ? null : plannedRun(lastRun),
    now: facts.isCoordinated ? nowOf(now) : { kind: 'idle' },
    ...(databases !== undefined && { databases }),
  };
};

/** The same with its time as ISO 8601. */
export const plannedRun = ({ endedAtMs, ...run }: FleetRun): PlannedRun => ({ ...run, endedAt: instant(endedAtMs) });

/** How fresh a source is by what is in its store alone. */
export const freshnessOfStore = ({
  nowMs,
  knownSinceMs,
  overdueAfterMs,
  stored,
}: Omit<OwnFacts, 'isCoordinated'>): Freshness =>
  freshness({
    ...{ nowMs, knownSinceMs, overdueAfterMs, lastReport: null },
    ...{ lastReportedSuccessMs: null, lastReportedStartMs: null },
    lastSnapshotMs: millisOf(stored?.lastSnapshotAt ?? null),
    reviewedAtMs: millisOf(stored?.at ?? null),
    unreadable: stored?.unreadable ?? null,
    snapshots: stored?.snapshots ?? null,
    running: null,
  });

const ofStore = (facts: OwnFacts): Planned => {
  const { state, words, lastSuccessMs, overdueAtMs } = freshnessOfStore(facts);
  return {
    ...{ state, words, lastSuccessAt: instantOf(lastSuccessMs), overdueAt: instant(overdueAtMs) },
    ...{ nextSlotAt: null, lastRun: null, now: { kind: 'idle' } },
  };
};

const nowOf = (now: FleetSource['now']): Planned['now'] => {
  if (now.kind === 'idle') return now;
  const since = instant(now.sinceMs);
  return now.kind === 'waiting'
    ? { kind: now.kind, since, position: now.position }
    : { kind: now.kind, since, step: now.step, percent: now.percent };
};

const instant = (millis: number): string => new Date(millis).toISOString();
const instantOf = (millis: number | null): string | null => (millis === null ? null : instant(millis));
const millisOf = (at: string | null): number | null => (at === null ? null : Date.parse(at));
