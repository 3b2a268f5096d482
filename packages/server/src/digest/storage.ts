import { leastDays } from '../monitor/forecast.ts';
import type { Disk } from '../monitor/overview.ts';
import type { StorageStory } from './model.ts';
import { type Clock, count, size } from './words.ts';

/** Storage that is left, and when it is full at the rate of the last days. */
export const storageStory = (disk: Disk | null, nowMs: number, clock: Clock): StorageStory => {
  if (disk === null) return { usedPercent: null, lines: ['How much is left can not be read.'] };
  const { totalBytes, freeBytes } = disk;
  const usedPercent =
    totalBytes > 0 ? Math.min(100, Math.max(0, Math.floor(((totalBytes - freeBytes) / totalBytes) * 100))) : null;
  const share = usedPercent === null ? '' : ` (${100 - usedPercent}%)`;
  return {
    usedPercent,
    lines: [`${size(freeBytes)} of ${size(totalBytes)}${share} are left.`, rateWords(disk, nowMs, clock)],
  };
};

const dayMs = 86_400_000;

const rateWords = ({ freeBytes, fullAtMs, days }: Disk, nowMs: number, clock: Clock): string => {
  if (days.length < leastDays) return 'How fast it fills is not known yet.';
  if (fullAtMs === null) return 'At the rate of the last days it does not fill.';
  const leftMs = fullAtMs - nowMs;
  if (leftMs <= 0) return 'It is full now.';
  // The very rate by which the day was reckoned; a mean of the days shown may be another.
  const grows = `It grows by ${size((freeBytes / leftMs) * dayMs)} a day`;
  const when = leftMs < dayMs ? 'within a day' : `in ${count(Math.floor(leftMs / dayMs), 'day')}`;
  return `${grows}: at that rate it is full ${when}, on ${clock.date(fullAtMs)}.`;
};
