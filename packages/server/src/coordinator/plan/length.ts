const minuteMs = 60_000;

/** Before there was a run: most first backups take longer and most later ones less; the first few runs correct it. */
const unknownMs = 30 * minuteMs;
const longestMs = 7 * 24 * 60 * minuteMs;

/** So many runs count; older ones tell of another machine. */
const mostRuns = 7;

/**
 * How long the next run of a source is expected to take, in milliseconds, from how long the last that succeeded held their
 * place, the newest first. It is the third longest of seven: bad nights do not count, and more would reserve hours that hardly
 * anybody uses; of fewer than four it is the longest. Rounded up in steps that grow with it, so that a minute moves nobody.
 */
export const expectedLength = (lengthsMs: readonly number[]): number => {
  const last = lengthsMs.slice(0, mostRuns).sort((one, other) => other - one);
  const length = last[Math.floor((last.length - 1) / 3)];
  if (length === undefined) return unknownMs;
  return inSteps(Math.min(Math.max(length, minuteMs), longestMs));
};

const inSteps = (lengthMs: number): number => {
  const minutes = lengthMs / minuteMs;
  const step = minutes <= 10 ? 1 : minutes <= 60 ? 5 : minutes <= 240 ? 15 : 60;
  return Math.ceil(minutes / step) * step * minuteMs;
};
