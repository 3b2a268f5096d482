import { freshnessOf, nextRunOfRow } from '../coordinator/entry.ts';
import type { LocalTime } from '../coordinator/plan/local-time.ts';
import { nowOf } from '../coordinator/state/read.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import { freshnessOfStore } from '../status/planned.ts';
import { nameOfDay } from './days.ts';
import type { Known } from './known.ts';
import type { ServerFacts, SourceFacts } from './link.ts';
import type { OverviewSource, TrendDay } from './overview.ts';
import type { MonitorSettings } from './settings.ts';
import { slotsOf } from './slots.ts';
import type { SizeDay } from './state.ts';
import { noRuns, type RunSums, sumsOfDay, trendDays } from './trend.ts';

/** What a source's part of the overview is made of. */
export interface SourceInput {
  readonly settings: MonitorSettings['sources'][number];
  readonly server: ServerFacts;
  readonly known: Known;
  /** Null before the supervisor has said anything of it. */
  readonly facts: SourceFacts | null;
  readonly phone: PhoneFacts | null;
  /** Its last days, the oldest first. */
  readonly sizes: readonly SizeDay[];
  readonly time: LocalTime;
  readonly days: readonly ShownDay[];
  readonly nowMs: number;
}

/** A day of the trend: `number` counts from 1970-01-01. */
export interface ShownDay {
  readonly number: number;
  readonly day: string;
}

/** The days of the trend, the oldest first; the same for all sources, so made once. */
export const shownDays = (time: LocalTime, nowMs: number): readonly ShownDay[] => {
  const today = time.wallAt(nowMs).day;
  return Array.from({ length: trendDays }, (_, index) => {
    const number = today - trendDays + 1 + index;
    return { number, day: nameOfDay(number) };
  });
};

/** A source as people are shown it. */
export const overviewSource = (input: SourceInput): OverviewSource => {
  const { settings, server, known, facts, phone, sizes, time, days, nowMs } = input;
  const { ping: _, ...shown } = settings;
  const row = known.sources.get(settings.name) ?? null;
  // What the reviews found, which a coordinator that is down has not heard.
  const stored = facts?.facts ?? row?.stored ?? null;
  const knownSinceMs = row?.knownSinceMs ?? facts?.madeAtMs ?? server.startedAtMs;
  const judged = { knownSinceMs, overdueAfterMs: settings.overdueAfterMs, stored };
  const { state, words, lastSuccessMs, overdueAtMs } =
    row === null ? freshnessOfStore({ ...judged, nowMs }) : freshnessOf({ ...row, ...judged }, nowMs);
  const isCoordinated = server.coordinator === 'up';
  const { name } = settings;
  const sums = row?.sums ?? none;
  return {
    ...shown,
    ...{ state, words, knownSinceMs, lastSuccessMs, overdueAtMs },
    nextSlotMs: row === null ? null : (nextRunOfRow({ ...row, stored }, nowMs)?.startsAtMs ?? null),
    slots: row === null ? [] : slotsOf(row, settings.window, time, nowMs),
    lastGood: row?.lastGood ?? null,
    lastRun: row?.lastRun ?? null,
    now: isCoordinated ? nowOf(known.leases.get(name) ?? null, known.waiting.get(name) ?? null) : { kind: 'idle' },
    stored: facts?.stored ?? null,
    oldestSnapshotMs: facts?.oldestSnapshotMs ?? null,
    newestSnapshotMs: facts?.newestSnapshotMs ?? null,
    // Of one that is a phone no longer, the supervisor may have spoken a moment ago.
    phone: settings.ingest === null ? null : phone,
    sessions: server.sessions[name] ?? 0,
    day: sumsOfDay(sums, nowMs),
    trend: trendOf(sums, { sizes, lastSuccessMs, time, days }),
  };
};

const none = noRuns();

/** By the server's wall clock: a day has 23 hours where it has. */
const trendOf = (
  sums: RunSums,
  about: {
    readonly sizes: readonly SizeDay[];
    readonly lastSuccessMs: number | null;
    readonly time: LocalTime;
    readonly days: readonly ShownDay[];
  },
): readonly TrendDay[] => {
  const { sizes, lastSuccessMs, time, days } = about;
  const dayOf = (atMs: number): number => time.wallAt(atMs).day;
  const byDay = new Map(sizes.map((size) => [size.day, size]));
  // Whoever backs up without the agent sends no reports: what arrived is known from the looks at its store.
  const arrived = new Set<number>();
  if (lastSuccessMs !== null) arrived.add(dayOf(lastSuccessMs));
  for (const size of sizes) if (size.lastSuccessMs !== null) arrived.add(dayOf(size.lastSuccessMs));
  return days.map(({ number, day }): TrendDay => {
    const [runs, size] = [sums.days.get(number), byDay.get(day)];
    const outcome = runs?.outcome ?? 'none';
    return {
      day,
      outcome: outcome === 'none' && arrived.has(number) ? 'good' : outcome,
      ...{ bytesStored: runs?.bytesStored ?? 0, durationMs: runs?.durationMs ?? 0 },
      ...{ liveBytes: size?.liveBytes ?? null, trashBytes: size?.trashBytes ?? null },
    };
  });
};
