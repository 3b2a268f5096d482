import type { Asker } from './decide.ts';

/**
 * The queue: a person before all others, then the stalest in its own periods, one that never succeeded before all that did;
 * among equals who asked first. One source never equals another, so that all agree on who is ahead.
 */
export const inOrder = (one: Asker, other: Asker): number =>
  Number(other.person) - Number(one.person) ||
  // Infinity from Infinity is NaN, which decides nothing either.
  other.staleness - one.staleness ||
  one.askedAtMs - other.askedAtMs ||
  (one.source < other.source ? -1 : one.source > other.source ? 1 : 0);
