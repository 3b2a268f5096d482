/** True in the long form of the tests, as `npm test` runs them; `npm run test:unit` is the short one. */
export const isLong = process.env['BERTH_TESTS'] === 'long';

/** For tests: the settings of a random test that runs `everyday` times all day long, and `long` times before a merge. */
export const randomRuns = (runs: {
  readonly everyday: number;
  readonly long: number;
}): { readonly numRuns: number } => ({
  numRuns: isLong ? runs.long : runs.everyday,
});
