import { happened } from './clock.ts';
import { type Facts, type Freshness, freshness } from './freshness/freshness.ts';
import type { LinkedSource, StoredFacts } from './link.ts';
import { type NextRun, nextRun } from './next-run.ts';
import { expectedLength } from './plan/length.ts';
import type { Place, Slot } from './plan/plan.ts';
import { counts, isGood, measured, type RunOutline } from './reports/outline.ts';
import { type ReportRefusal, unknownRefusal } from './requests/refused-report.ts';
import type { LeaseRow, LoadedSource, SourceRow, WaiterRow } from './state/state.ts';
import { isStuck } from './stuck.ts';

/** The right to run, as long as it lives. */
export interface Lease extends Omit<LeaseRow, 'source'> {
  readonly expiresAtMs: number;
  /** When its step or its bytes last changed, as far as is known since the coordinator began. */
  readonly movedAtMs: number;
}

/** A place in the queue, as long as it is kept. */
export interface Waiter extends Omit<WaiterRow, 'source'> {
  readonly keepUntilMs: number;
  /** What decides its place, as of when it asked last: with thousands that wait, looking it up each time would take long. */
  readonly lastSuccessMs: number | null;
  readonly lengthMs: number;
}

/** A source as the coordinator works with it. Times are UTC milliseconds by the server's clock. */
export interface Entry {
  readonly name: string;
  source: LinkedSource;
  readonly knownSinceMs: number;
  place: Place | null;
  slots: readonly Omit<Slot, 'name'>[];
  stored: StoredFacts | null;
  lastRun: RunOutline | null;
  lastGood: RunOutline | null;
  lengthsMs: readonly number[];
  lease: Lease | null;
  waiter: Waiter | null;
  /** Runs whose report has come, the newest first: they get no lease any more. */
  over: readonly string[];
  /** When a person's run last got its place before all others; not known any more after a restart. */
  personFirstAtMs: number;
  /** Whether its last report could be taken, and what was said of that. */
  refusal: ReportRefusal;
  /** When a refusal of any kind was last logged. */
  refusalLoggedAtMs: number;
}

/** A source from what is kept of it; null where nothing is, so it is new now. */
export const entryOf = (source: LinkedSource, kept: LoadedSource | null, nowMs: number): Entry => ({
  name: source.name,
  source,
  knownSinceMs: kept?.knownSinceMs ?? nowMs,
  place: kept?.place ?? null,
  slots: kept?.slots ?? [],
  stored: kept?.stored ?? null,
  lastRun: kept?.lastRun ?? null,
  lastGood: kept?.lastGood ?? null,
  lengthsMs: kept?.lengthsMs ?? [],
  lease: null,
  waiter: null,
  over: kept?.lastRun ? [kept.lastRun.run] : [],
  personFirstAtMs: Number.NEGATIVE_INFINITY,
  refusal: unknownRefusal,
  refusalLoggedAtMs: Number.NEGATIVE_INFINITY,
});

/** What is kept of it. */
export const rowOf = ({ name, source, knownSinceMs, place, slots, stored }: Entry): SourceRow => ({
  ...{ name, knownSinceMs, present: true, hasAgent: source.hasAgent },
  ...{ everyMs: source.everyMs, overdueAfterMs: source.overdueAfterMs },
  // Of a source that runs very often, what `status` and a restart need: what began, and a few to come.
  ...{ place, slots: slots.slice(0, 8), stored },
});

/** How it is. `running` is known to the coordinator alone: a lease in its database may be that of one that died. */
export const freshnessOf = (
  entry: Pick<LoadedSource, 'knownSinceMs' | 'overdueAfterMs' | 'lastGood' | 'lastRun' | 'stored'>,
  nowMs: number,
  running: Facts['running'] = null,
): Freshness => {
  const { knownSinceMs, overdueAfterMs, lastGood, lastRun, stored } = entry;
  return freshness({
    ...{ nowMs, knownSinceMs, overdueAfterMs },
    lastReportedSuccessMs: lastGood?.endedAtMs ?? null,
    lastReportedStartMs: lastGood?.startedAtMs ?? null,
    lastSnapshotMs: millisOf(stored?.lastSnapshotAt ?? null),
    reviewedAtMs: millisOf(stored?.at ?? null),
    snapshots: stored?.snapshots ?? null,
    lastReport:
      lastRun === null || lastRun.outcome === 'busy'
        ? null
        : {
            endedAtMs: lastRun.endedAtMs,
            outcome: lastRun.outcome,
            message: lastRun.message,
            warnings: lastRun.warnings,
          },
    dumps: lastRun?.dumps ?? null,
    unreadable: stored?.unreadable ?? null,
    running,
  });
};

/** How a source in force is. */
export const freshnessOfEntry = (entry: Entry, nowMs: number): Freshness =>
  freshnessOf({ ...entry, overdueAfterMs: entry.source.overdueAfterMs }, nowMs, runningOf(entry, nowMs));

const runningOf = ({ lease }: Entry, nowMs: number): Facts['running'] => {
  if (lease === null) return null;
  return { sinceMs: lease.grantedAtMs, stillForMs: isStuck({ lease }, nowMs) ? nowMs - lease.movedAtMs : null };
};

/** When it should run next; null where nothing is planned. */
export const nextRunOf = (entry: Entry, nowMs: number): NextRun | null =>
  nextRunOfRow({ ...entry, hasAgent: entry.source.hasAgent, everyMs: entry.source.everyMs }, nowMs);

/** As `nextRunOf`, from what is kept of a source. */
export const nextRunOfRow = (
  row: Pick<LoadedSource, 'hasAgent' | 'everyMs' | 'slots' | 'lastGood' | 'lastRun' | 'stored'>,
  nowMs: number,
): NextRun | null => {
  if (!row.hasAgent) return null;
  // A snapshot that arrived is a success, whoever made it and whether it was reported or not.
  const began = [row.lastGood?.startedAtMs ?? null, millisOf(row.stored?.lastSnapshotAt ?? null)]
    .map((ms) => happened(ms, nowMs))
    .filter((ms) => ms !== null);
  return nextRun({ ...row, lastSuccessMs: began.length === 0 ? null : Math.max(...began) }, nowMs);
};

/** How long its next run is expected to take. */
export const lengthOf = ({ lengthsMs }: Entry): number => expectedLength(lengthsMs);

/** A source in the queue. */
export const waiterOf = (entry: Entry, row: Omit<WaiterRow, 'source'>, keepUntilMs: number, nowMs: number): Waiter => ({
  ...row,
  keepUntilMs,
  lastSuccessMs: freshnessOfEntry(entry, nowMs).lastSuccessMs,
  lengthMs: lengthOf(entry),
});

const mostLengths = 8;

/**
 * A report that is new: what it changes. One that comes late says nothing about what came after it; but one that is dated
 * later than this one came was dated by a clock that was ahead.
 */
export const learn = (entry: Entry, outline: RunOutline): void => {
  entry.over = [outline.run, ...entry.over].slice(0, mostLengths);
  if (counts(outline) && isLater(outline, entry.lastRun)) entry.lastRun = outline;
  if (!isGood(outline)) return;
  if (isLater(outline, entry.lastGood)) entry.lastGood = outline;
  entry.lengthsMs = [...measured([outline]), ...entry.lengthsMs].slice(0, mostLengths);
};

const isLater = (one: RunOutline, other: RunOutline | null): boolean =>
  other === null || happened(other.endedAtMs, one.receivedAtMs) === null || one.endedAtMs >= other.endedAtMs;

const millisOf = (instant: string | null): number | null => (instant === null ? null : Date.parse(instant));
