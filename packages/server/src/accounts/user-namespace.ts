import { readFileSync } from 'node:fs';

/** IDs from `first` to `last`, both included. */
interface IdRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Why nothing can be given to this ID here, as the rest of a sentence: it is none of our user namespace, which is how rootless engines
 * make containers. Null where it is one. A source has its UID for a GID as well, so both maps count.
 */
export const unmappedId = (id: number): string | null =>
  unmappedIn(id, { UIDs: readMap('/proc/self/uid_map'), GIDs: readMap('/proc/self/gid_map') });

/** The same for maps as /proc shows them (user_namespaces(7)): first ID inside, first outside, how many. */
export const unmappedIn = (id: number, maps: { readonly UIDs: string; readonly GIDs: string }): string | null => {
  for (const kind of ['UIDs', 'GIDs'] as const) {
    const ranges = rangesOf(maps[kind]);
    if (!ranges.some(({ first, last }) => first <= id && id <= last)) return `${kind} ${wordsOf(ranges)}`;
  }
  return null;
};

/** In their order, those that follow one another as one. */
const rangesOf = (map: string): readonly IdRange[] => {
  const ranges: IdRange[] = [];
  const lines = map.split('\n').filter((line) => line.trim() !== '');
  const numbers = lines.map((line) => line.trim().split(/\s+/).map(Number));
  for (const [first = 0, , count = 0] of numbers.toSorted(([a = 0], [b = 0]) => a - b)) {
    const before = ranges.at(-1);
    const joined = before !== undefined && before.last + 1 === first ? ranges.pop() : undefined;
    ranges.push({ first: joined?.first ?? first, last: first + count - 1 });
  }
  return ranges;
};

const wordsOf = (ranges: readonly IdRange[]): string =>
  ranges.map(({ first, last }) => (first === last ? String(first) : `${first} to ${last}`)).join(', ');

/** Every ID where /proc does not show the map: then nothing is claimed. */
const readMap = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return everyId;
  }
};

/** What the first user namespace has. */
const everyId = '0 0 4294967295\n';
