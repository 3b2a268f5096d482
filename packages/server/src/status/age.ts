import { formatDuration, isMillis } from '@berth/common/duration.ts';

/** A span for people, in at most its two largest units: `3d4h`, `12m5s`, `0s`. */
export const forHowLong = (millis: number): string => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const step = millis >= day ? hour : millis >= hour ? minute : second;
  const rounded = Math.max(0, Math.floor(millis / step) * step);
  return isMillis(rounded) ? formatDuration(rounded) : '';
};
