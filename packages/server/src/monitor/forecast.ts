/** How much was used on a day; `day` counts from 1970-01-01. */
export interface UsedDay {
  readonly day: number;
  readonly usedBytes: number;
}

const dayMs = 86_400_000;
const mostDays = 30;
/** Of fewer days nothing is said. */
export const leastDays = 4;
/** Further ahead nothing is said: it would be a guess, and disks do not last that long. */
const furthestDays = 3650;

/**
 * When the disk is full at the rate of the last days, in UTC milliseconds; null where it shrinks or stands still, where fewer than four
 * days are known, and where it is more than ten years away.
 *
 * The rate is the median of the slopes between any two of the last 30 days (Theil and Sen's estimator). The median growth from one day to the
 * next would never see what a weekly prune gives back, and would have the disk full far too early; a line by least squares follows
 * one first backup of a terabyte, which will not come again tomorrow. This sees the one, and is not moved by the other until
 * nearly a third of the days are odd.
 */
export const fullAt = (days: readonly UsedDay[], freeBytes: number, nowMs: number): number | null => {
  const last = [...days].sort((one, other) => one.day - other.day).slice(-mostDays);
  const newest = last.at(-1);
  if (newest === undefined) return null;
  const known = last.filter(({ day }) => day > newest.day - mostDays);
  if (known.length < leastDays) return null;
  const bytesADay = median(slopes(known));
  if (bytesADay <= 0) return null;
  const daysLeft = Math.max(0, freeBytes) / bytesADay;
  return daysLeft > furthestDays ? null : Math.round(nowMs + daysLeft * dayMs);
};

const slopes = (days: readonly UsedDay[]): readonly number[] =>
  days.flatMap((one, index) =>
    days
      .slice(index + 1)
      .filter(({ day }) => day !== one.day)
      .map((other) => (other.usedBytes - one.usedBytes) / (other.day - one.day)),
  );

/** 0 of none. */
const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
};
