import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournalRecord } from '../record.ts';
import { monthOf, placeOf } from '../seq.ts';
import { clockHistory, timing } from './timed.ts';
import { times } from './times.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 14);
const place = (index: number) => placeOf(monthOf(new Date(start)), index * 100);
const timed = (records: readonly JournalRecord[]) => {
  const placed = records.map((each, index) => ({ seq: place(index), record: each }));
  const history = clockHistory();
  placed.forEach(history.add);
  return placed.map(timing(history));
};
/** A mark stands for any record here: what times a record is its `at` and whether it confirms the clock. */
const at = (days: number): JournalRecord => ({ op: 'release', at: start + days * day });
const confirmed = (days: number): JournalRecord => ({ op: 'clock', at: start + days * day });
const latest = (records: readonly JournalRecord[]) =>
  timed(records).map(({ atLatest }) => (atLatest === null ? null : (atLatest - start) / day));

test('read in one go, every record has the time that times.ts gives it', () => {
  const records = fc.array(
    fc.record({ op: fc.constantFrom('release', 'clock', 'settled'), at: fc.integer({ min: 0, max: 50 }) }),
  );
  fc.assert(
    fc.property(records, (journal) => {
      const all = times();
      journal.forEach((each, index) => {
        all.add(place(index), each);
      });
      expect(timed(journal).map((each) => each.at)).toEqual(journal.map((_, index) => all.of(place(index))));
    }),
  );
});

test('what stands before a confirmation of the clock counts as no older than that', () => {
  expect(latest([at(0), at(-3650), confirmed(101), at(102)])).toEqual([101, 101, 101, 102]);
});

test('a later confirmation mends one that was given while the clock was ahead', () => {
  expect(latest([at(0), confirmed(3650), at(3651), confirmed(2), at(3)])).toEqual([2, 2, 2, 2, 3]);
});

test('while the clock is more than a day behind, nobody can say how old a record is', () => {
  expect(latest([at(100), at(-3650), at(99.5)])).toEqual([100, 100, 100]);
  expect(latest([at(100), at(-3650), at(-3649)])).toEqual([100, null, null]);
});

test('once the clock is back, what was recorded meanwhile counts as no older than that', () => {
  expect(latest([at(100), at(-3650), at(-3649), at(140), at(141)])).toEqual([100, 140, 140, 140, 141]);
});

test('what a purge wrote by a clock that was behind is overruled by an admin who confirms the time later', () => {
  const settled = (days: number): JournalRecord => ({ op: 'settled', at: start + days * day });
  expect(latest([at(-3650), settled(-3649), at(-3648), confirmed(1), at(2)])).toEqual([1, 1, 1, 1, 2]);
  // Until then it is all there is: the clock, and the age of what it dated, went wrong together.
  expect(latest([at(-3650), settled(-3649), at(-3648)])).toEqual([-3649, -3649, -3648]);
});
