import { dayMs, hourMs, minuteMs } from './times.ts';

const longestMs = hourMs;
const longestAskedMs = 6 * hourMs;

/** How long a channel is left alone after it has failed so many times in a row. A service that said how long is asked then. */
export const pauseMs = (failures: number, askedMs: number | null): number => {
  const ownMs = Math.min(minuteMs * 2 ** Math.min(Math.max(0, failures - 1), 20), longestMs);
  if (askedMs === null) return ownMs;
  // One that says "in a second" for ever is not asked every second for ever.
  return Math.min(Math.max(askedMs, failures > 3 ? ownMs : 1000), longestAskedMs);
};

/** So long a delivery is tried; after an answer that trying again does not change, a day: somebody may mend the token. */
export const keptMs = { usual: 3 * dayMs, final: dayMs } as const;

/** That long a digest may take to reach anyone. */
export const digestWithinMs = hourMs;
