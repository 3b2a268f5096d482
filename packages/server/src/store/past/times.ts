import { isClockMark, type JournalRecord } from '../record.ts';
import type { Seq } from '../seq.ts';

/**
 * When each record of a journal was written, as far as the server's clock can be believed: no earlier than any record
 * before it, so that a clock which was once behind makes nothing look older than it is; and no later than a `clock`
 * record behind it, by which an admin confirmed the time, so that one which was once ahead is mended.
 */
export interface Times {
  /** Shows it the next record, in the journal's order. */
  readonly add: (seq: Seq, record: JournalRecord) => void;
  /** UTC milliseconds of the record at `seq`, or null when there is none there. */
  readonly of: (seq: Seq) => number | null;
  /** The place of the first record that was written after `time` (UTC milliseconds), or null when none was. */
  readonly firstAfter: (time: number) => Seq | null;
  /** When the last record before the place `seq` was written, or null when there is none. */
  readonly lastBefore: (seq: Seq) => number | null;
  /** When the first record was written, or null when there is none. */
  readonly first: () => number | null;
  /** When the last record was written, or null when there is none. */
  readonly last: () => number | null;
}

export const times = (): Times => {
  // Two numbers per record, not objects: a journal has millions.
  const places: Seq[] = [];
  const written: number[] = [];

  /** How many come before the first for which `isPast` holds; all of them, when it holds for none. */
  const countBefore = (isPast: (index: number) => boolean): number => {
    let [low, high] = [0, places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPast(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    add: (seq, { op, at }) => {
      if (isClockMark({ op })) {
        for (let index = written.length - 1; index >= 0 && (written[index] ?? at) > at; index -= 1) written[index] = at;
      }
      places.push(seq);
      written.push(Math.max(at, written.at(-1) ?? at));
    },
    of: (seq) => {
      const index = countBefore((middle) => (places[middle] ?? seq) >= seq);
      return places[index] === seq ? (written[index] ?? null) : null;
    },
    firstAfter: (time) => places[countBefore((middle) => (written[middle] ?? 0) > time)] ?? null,
    lastBefore: (seq) => written[countBefore((middle) => (places[middle] ?? seq) >= seq) - 1] ?? null,
    first: () => written[0] ?? null,
    last: () => written.at(-1) ?? null,
  };
};
