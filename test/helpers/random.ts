/** Numbers that look random and come again with the same seed: print the seed with what they are used for. */
export const seededRandom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    // mulberry32 by Tommy Ettinger, public domain
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
};

/** The seed of this run: `BERTH_SEED` to repeat one, otherwise the time. */
export const runSeed = (): number => Number(process.env['BERTH_SEED'] ?? Date.now() % 2 ** 31);
