import { localTime } from '../coordinator/plan/local-time.ts';

const hourMs = 3_600_000;
/** The longest that a day takes, on the night when the clock goes back, and a little. */
const longestDayMs = 26 * hourMs;

/** When the last digest was due, and what the next one depends on. */
export interface DigestTimes {
  /** Minutes after midnight, by the wall clock. */
  readonly at: number;
  /** IANA name. */
  readonly timeZone: string;
  /** The moment up to which digests are settled, UTC milliseconds; null before the first. */
  readonly digestedMs: number | null;
  readonly nowMs: number;
}

/**
 * The moment of the digest that is due now, in UTC milliseconds; null while none is. There is one for each day of the wall clock,
 * the day on which the clock changes as well: of a time that comes twice the first counts, one that does not exist is when the
 * clock jumps over it. One that was missed is still due until the next. Where nothing is settled yet, or only what is still to
 * come (the clock was wrong), `isNew` says so, and no digest is made: a server that is new owes none for this morning.
 */
export const dueDigest = ({
  at,
  timeZone,
  digestedMs,
  nowMs,
}: DigestTimes): { readonly dueMs: number; readonly isNew: boolean } | null => {
  const { wallAt } = localTime(timeZone);
  const today = wallAt(nowMs).day;
  const days = [today, today - 1, today - 2].map((day) => ({ day, ms: momentOf(day, at, timeZone) }));
  const latest = days.find(({ ms }) => ms <= nowMs);
  if (latest === undefined) return null;
  if (digestedMs === null || digestedMs > nowMs + longestDayMs) return { dueMs: latest.ms, isNew: true };
  // By days, not by moments: another `at` makes no second digest of a day.
  return wallAt(digestedMs).day < latest.day ? { dueMs: latest.ms, isNew: false } : null;
};

const momentOf = (day: number, minute: number, timeZone: string): number => {
  const { first, skippedTo } = localTime(timeZone).utcOf(day, minute);
  return skippedTo ?? first;
};

/** What a digest looks back to: the last one, or a day; never further than what is kept. */
export const digestSince = (digestedMs: number | null, nowMs: number): number => {
  const last = digestedMs ?? nowMs - 24 * hourMs;
  return Math.min(nowMs, Math.max(last, nowMs - 48 * hourMs));
};
