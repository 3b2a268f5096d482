import type { Disk } from '../monitor/overview.ts';
import type { StorageStory } from './model.ts';
import { type Clock, count, size } from './words.ts';

/** Storage that is left, and when it is full at the rate of the last days. */
export const storageStory = (disk: Disk | null, nowMs: number, clock: Clock): StorageStory => {
  if (disk === null) return { usedPercent: null, lines: ['How much is left can not be read.'] };
  const { totalBytes, freeBytes, fullAtMs, days } = disk;
  const usedPercent =
    totalBytes > 0 ? Math.min(100, Math.max(0, Math.floor(((totalBytes - freeBytes) / totalBytes) * 100))) : null;
  const share = usedPercent === null ? '' : ` (${100 - usedPercent}%)`;
  return {
    usedPercent,
    lines: [`${size(freeBytes)} of ${size(totalBytes)}${share} are left.`, rateWords(days, fullAtMs, nowMs, clock)],
  };
};

const rateWords = (days: Disk['days'], fullAtMs: number | null, nowMs: number, clock: Clock): string => {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined || days.length < 2) return 'How fast it fills is not known yet.';
  const perDay = (last.usedBytes - first.usedBytes) / (days.length - 1);
  if (fullAtMs === null && perDay <= 0) return 'It does not fill.';
  const grown = perDay > 0 ? `It grew by ${size(perDay)} a day in the last ${count(days.length, 'day')}` : 'It fills';
  if (fullAtMs === null) return `${grown}; when it is full can not be said yet.`;
  if (fullAtMs <= nowMs) return `${grown}: it is full now.`;
  const inDays = Math.floor((fullAtMs - nowMs) / 86_400_000);
  return `${grown}: at that rate it is full in ${count(inDays, 'day')}, on ${clock.date(fullAtMs)}.`;
};
