import type { Row } from './ledger.ts';

/** The span that a day's counts are about, and within which deletes are a storm. */
export const dayMs = 24 * 3_600_000;

/** Nobody tidies up less than this and is worth a word. */
const fewest = 50;
const share = 0.25;

/**
 * How many files went from the phone within a day of `nowMs`, also when the clock was set since then: what went in a year that was never
 * is no storm until that comes. What was only moved or renamed did not go: its bytes are still on the phone, under another name.
 */
export const goneWithinDay = (rows: Iterable<Row>, nowMs: number): number => {
  const gone: Row[] = [];
  const here = new Set<string>();
  for (const row of rows) {
    if (row.goneAt === null) here.add(row.sha256);
    else if (Math.abs(nowMs - row.goneAt) < dayMs) gone.push(row);
  }
  return gone.filter(({ sha256 }) => !here.has(sha256)).length;
};

/** More deletes in a day than somebody who tidies up makes, of `here` files that are left; null for a usual day. */
export const stormOf = (gone: number, here: number): { readonly gone: number; readonly of: number } | null => {
  const of = here + gone;
  return gone >= Math.max(fewest, of * share) ? { gone, of } : null;
};
