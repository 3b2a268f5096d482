import { seededRandom } from '../../test/helpers/random.ts';

/** A machine's own dice: what one of them rolls does not depend on how often another did. */
export interface Chance {
  /** From 0 to below 1. */
  share(): number;
  between(low: number, high: number): number;
  is(probability: number): boolean;
  /** 1 in the middle; `spread` is the standard deviation of its logarithm: 1 means a tail of ten times and more. */
  lognormal(spread: number): number;
}

/** The same numbers for the same words. */
export const makeChance = (...words: readonly number[]): Chance => {
  const random = seededRandom(
    words.reduce((mixed, word) => Math.imul(mixed ^ (word + 1), 0x9e3779b1) >>> 0, 0x811c9dc5),
  );
  const share = (): number => random(2 ** 31) / 2 ** 31;
  return {
    share,
    between: (low, high) => low + share() * (high - low),
    is: (probability) => share() < probability,
    lognormal: (spread) => Math.exp(spread * Math.sqrt(-2 * Math.log(1 - share())) * Math.cos(2 * Math.PI * share())),
  };
};
