import type { Entry } from './entry.ts';

/** A slot of a source. */
export interface Upcoming {
  readonly entry: Entry;
  readonly startsAtMs: number;
}

/** The slots of all sources, by when they begin. */
export const upcomingOf = (entries: readonly Entry[]): readonly Upcoming[] =>
  entries
    .flatMap((entry) => entry.slots.map(({ startsAtMs }) => ({ entry, startsAtMs })))
    .sort((one, other) => one.startsAtMs - other.startsAtMs);

/** Those that begin from `fromMs` to `untilMs`, found without looking at all of them. */
export const within = (all: readonly Upcoming[], fromMs: number, untilMs: number): readonly Upcoming[] =>
  all.slice(firstFrom(all, fromMs), firstFrom(all, untilMs + 1));

const firstFrom = (all: readonly Upcoming[], fromMs: number): number => {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.startsAtMs ?? 0) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
