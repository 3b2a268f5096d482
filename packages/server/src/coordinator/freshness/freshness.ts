import type { SourceState } from '@berth/common/control/usage.ts';
import { forHowLong } from '../../status/age.ts';
import { aheadMs, happened } from '../clock.ts';
import { type DumpsOutline, dumpsWords } from '../reports/dumps.ts';

/** What is known of a source. Times are UTC milliseconds by the server's clock. */
export interface Facts {
  readonly nowMs: number;
  /** When the server first had it in sources.yaml. */
  readonly knownSinceMs: number;
  readonly overdueAfterMs: number;
  /** When the last run that made a snapshot ended, by its report. */
  readonly lastReportedSuccessMs: number | null;
  /** When that run began. */
  readonly lastReportedStartMs: number | null;
  /** When a snapshot last arrived in the store, by the journal; null when none did or that is not known. */
  readonly lastSnapshotMs: number | null;
  /** When the store was last looked at; null before that. */
  readonly reviewedAtMs: number | null;
  /** How many snapshots the store held then; null where that is not known. */
  readonly snapshots: number | null;
  /** The last report that was no dry run and not `busy`. */
  readonly lastReport: {
    readonly endedAtMs: number;
    readonly outcome: 'ok' | 'incomplete' | 'failed' | 'cancelled';
    readonly message: string | null;
    readonly warnings: number;
  } | null;
  /** Of its databases, as its reports say; left out where nothing is known. */
  readonly dumps?: DumpsOutline | null;
  /** Why its storage can not be read; null when it can. */
  readonly unreadable: string | null;
  /** The run that goes on; null where none does, or nobody knows. */
  readonly running: {
    readonly sinceMs: number;
    /** For how long it has stood still, where that is long; null where it moves. */
    readonly stillForMs: number | null;
  } | null;
}

/** How a source is, and why in words; null when it is fine. */
export interface Freshness {
  readonly state: SourceState;
  readonly words: string | null;
  /** The later of what was reported and what arrived; null when it never succeeded. */
  readonly lastSuccessMs: number | null;
  /** When it becomes, or became, overdue. */
  readonly overdueAtMs: number;
  /** False when the last success that was reported has not arrived in the store, so it does not count. */
  readonly isBelieved: boolean;
}

/**
 * How a source is: the worst that is true of it, in the order of `sourceStates`. A success that was reported counts only as
 * long as the store does not show otherwise; a snapshot that arrived counts without any report. Neither counts when it is
 * dated later than now, by a clock that was once ahead: it would keep a source that is silent fresh until then. Nor does one
 * from before a look at the store that found no snapshot at all: whatever was made is gone. Where databases are dumped only reports count.
 */
export const freshness = (facts: Facts): Freshness => {
  const isBelieved = isBorneOut(facts);
  const emptyAtMs = lastSeenEmptyMs(facts);
  const left = (ms: number | null): number | null => (emptyAtMs === null || (ms ?? 0) > emptyAtMs ? ms : null);
  const reportedMs = isBelieved ? facts.lastReportedSuccessMs : null;
  const arrivedMs = isBelieved ? arrivedFilesMs(facts) : facts.lastSnapshotMs;
  const lastSuccessMs = latest(left(reportedMs), left(arrivedMs), facts.nowMs);
  const overdueAtMs = (lastSuccessMs ?? facts.knownSinceMs) + facts.overdueAfterMs;
  const isGone = lastSuccessMs === null && emptyAtMs !== null && facts.lastSnapshotMs !== null;
  const judged = judge(facts, { isBelieved, isGone, lastSuccessMs, overdueAtMs });
  return { ...judged, lastSuccessMs, overdueAtMs, isBelieved };
};

interface Judged {
  readonly isBelieved: boolean;
  /** There were snapshots, and none is left. */
  readonly isGone: boolean;
  readonly lastSuccessMs: number | null;
  readonly overdueAtMs: number;
}

const judge = (
  facts: Facts,
  { isBelieved, isGone, lastSuccessMs, overdueAtMs }: Judged,
): Pick<Freshness, 'state' | 'words'> => {
  const { nowMs, unreadable } = facts;
  const lastReport = reportInForce(facts);
  if (unreadable !== null) return { state: 'unreadable', words: `Its storage can not be read: ${unreadable}` };
  const failure = lastReport?.outcome === 'failed' ? runWords('The last run failed', lastReport.message) : null;
  const reasons = [failure, isBelieved ? null : notArrived];
  if (nowMs >= overdueAtMs) {
    return { state: 'overdue', words: sentences(silence(facts, lastSuccessMs, isGone), ...reasons, goesOn(facts)) };
  }
  const dumps = dumpReason(facts);
  if (failure !== null || dumps !== null) {
    return { state: 'failing', words: sentences(...reasons, dumps, isGone ? `${gone}.` : null) };
  }
  if (lastSuccessMs === null) {
    return { state: 'never', words: sentences(isGone ? `${gone}.` : 'No backup yet.', ...reasons) };
  }
  const warnings = sentences(isBelieved ? null : notArrived, lastReport === null ? null : reservation(lastReport));
  return warnings === '' ? { state: 'fine', words: null } : { state: 'warned', words: warnings };
};

/** A database that is not copied is no backup, however well the files do, until it is copied again. */
const dumpReason = ({ dumps = null }: Facts): string | null =>
  dumps === null || dumps.failingCount === 0 ? null : `Not every database was copied: ${dumpsWords(dumps)}.`;

/** Null where a snapshot arrived after that run was over: one made without the agent, and newer than what the report says. */
const reportInForce = (facts: Facts): Facts['lastReport'] => {
  const { nowMs, lastReport } = facts;
  if (lastReport === null) return null;
  const arrivedMs = happened(arrivedFilesMs(facts), nowMs);
  return arrivedMs !== null && arrivedMs > lastReport.endedAtMs + aheadMs ? null : lastReport;
};

/**
 * When a snapshot of files last arrived. Dumps come before the files and the store can't tell one from the other: a machine that is switched off
 * amid its files every day would look well by the databases it delivers.
 */
const arrivedFilesMs = ({ dumps = null, lastSnapshotMs }: Facts): number | null =>
  dumps === null ? lastSnapshotMs : null;

/** Clocks differ, and a snapshot may be made a while before its run is over: an hour is no contradiction yet. */
const toleranceMs = 3_600_000;

/** False when the store was looked at after a reported success and has no snapshot of that run. */
const isBorneOut = (facts: Facts): boolean => {
  const { nowMs, lastReportedSuccessMs, lastReportedStartMs, lastSnapshotMs } = facts;
  const reviewedAtMs = happened(facts.reviewedAtMs, nowMs);
  if (lastReportedSuccessMs === null || reviewedAtMs === null || reviewedAtMs <= lastReportedSuccessMs) return true;
  return lastSnapshotMs !== null && lastSnapshotMs >= (lastReportedStartMs ?? lastReportedSuccessMs) - toleranceMs;
};

/** The later of what has happened. Clocks a little apart make nothing later than now. */
const latest = (one: number | null, other: number | null, nowMs: number): number | null => {
  const times = [happened(one, nowMs), happened(other, nowMs)].filter((ms) => ms !== null);
  return times.length === 0 ? null : Math.min(nowMs, Math.max(...times));
};

/** When the store was last looked at, if it held no snapshot then; null when it held some, or nobody could see. */
const lastSeenEmptyMs = ({ nowMs, snapshots, reviewedAtMs, unreadable }: Facts): number | null =>
  snapshots === 0 && unreadable === null ? happened(reviewedAtMs, nowMs) : null;

const gone = 'Its storage holds no snapshot any more';
const notArrived = 'Its last run reported a snapshot, but none has arrived here.';

const silence = (
  { nowMs, knownSinceMs, overdueAfterMs }: Facts,
  lastSuccessMs: number | null,
  isGone: boolean,
): string => {
  const limit = `overdue after ${forHowLong(overdueAfterMs)}`;
  if (isGone) return `${gone}; ${limit}.`;
  return lastSuccessMs === null
    ? `Never backed up since it was added ${forHowLong(nowMs - knownSinceMs)} ago; ${limit}.`
    : `No backup for ${forHowLong(nowMs - lastSuccessMs)}; ${limit}.`;
};

/** Nobody is to look for a machine that is at it: a first backup may take days. */
const goesOn = ({ nowMs, running }: Facts): string | null => {
  if (running === null) return null;
  const { sinceMs, stillForMs } = running;
  const since = `A run of it has been going on for ${forHowLong(nowMs - sinceMs)}`;
  return stillForMs === null ? `${since}.` : `${since}, and has not moved for ${forHowLong(stillForMs)}.`;
};

/** What a run that made a snapshot, or was stopped, leaves to be said. */
const reservation = ({ outcome, message, warnings }: NonNullable<Facts['lastReport']>): string | null => {
  if (outcome === 'incomplete') return runWords('The last backup is incomplete', message);
  if (outcome === 'cancelled') return runWords('The last run was stopped before its end', message);
  if (warnings === 0) return null;
  return `The last run had ${warnings === 1 ? 'a warning' : `${warnings} warnings`}.`;
};

const runWords = (what: string, message: string | null): string => {
  const said = (message ?? '').trim();
  if (said === '') return `${what}.`;
  return `${what}: ${said}${/[.!?…]$/.test(said) ? '' : '.'}`;
};

const sentences = (...all: readonly (string | null)[]): string => all.filter((one) => one !== null).join(' ');
