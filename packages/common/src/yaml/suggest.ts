/**
 * The candidate a person most likely meant: equal but for case and `-`/`_`, contained in what was written
 * (`public_key` → `key`), or few typing mistakes away; null when nothing is near.
 */
export const didYouMean = (written: string, candidates: readonly string[]): string | null => {
  const plain = normal(written);
  if (plain === '' || plain.length > 40) return null;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distanceBetween(plain, normal(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(normal(candidate).length / 3)))
    .toSorted((one, other) => one.distance - other.distance);
  const near = ranked[0]?.candidate;
  return near ?? candidates.find((candidate) => plain.includes(normal(candidate))) ?? null;
};

const normal = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, '');

/** Optimal string alignment: insertions, deletions, replacements and swapped neighbours each count one. */
const distanceBetween = (one: string, other: string): number => {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + same,
          swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
};
