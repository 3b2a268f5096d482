import { isDeepStrictEqual } from 'node:util';

/** A value before and after. */
export interface Change<Value> {
  readonly from: Value;
  readonly to: Value;
}

/** What became of a value; null where it is the same. */
export const changeOf = <Value>(from: Value, to: Value): Change<Value> | null =>
  isDeepStrictEqual(from, to) ? null : { from, to };

/** A change in words, `~ what from -> to`; no line where there is none. */
export const said = <Value>(
  what: string,
  change: Change<Value> | null,
  word: (value: Value) => string,
): readonly string[] => (change === null ? [] : [`~ ${what} ${word(change.from)} -> ${word(change.to)}`]);
