import { localTime } from '../coordinator/plan/local-time.ts';

/**
 * Whether people want to be left alone now, but for what is critical. By the clock on the wall: an hour that comes twice is quiet twice.
 * `from` and `to` are minutes after midnight; the window may go over it, and is none where both are the same.
 */
export const isQuiet = (
  quiet: { readonly from: number; readonly to: number } | null,
  timeZone: string,
  nowMs: number,
): boolean => {
  if (quiet === null) return false;
  const { minute } = localTime(timeZone).wallAt(nowMs);
  const { from, to } = quiet;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
};
