import { describe, expect, test } from 'vitest';
import { type ObjectId, parseObjectId } from '../object.ts';
import type { JournalRecord } from '../record.ts';
import { parseSeq, type Seq } from '../seq.ts';
import { type Gap, isQuiet, watchGaps } from './quiet-gaps.ts';
import { times } from './times.ts';

const minute = 60_000;
const hour = 60 * minute;

const id = (type: string, digit: string): ObjectId => {
  const parsed = type === 'config' ? parseObjectId('config', 'config') : parseObjectId(type, digit.repeat(64));
  if (parsed === null) throw new Error('no id');
  return parsed;
};
const put = (at: number, type: string, digit = '1'): JournalRecord => ({
  ...{ at, op: 'put', id: id(type, digit), size: 1, sha256: null },
});
const trash = (at: number, type: string, digit = '1'): JournalRecord => ({
  at,
  op: 'trash',
  id: id(type, digit),
  size: 1,
});

const place = (index: number): Seq => {
  const seq = parseSeq(202_611 * 10_000_000_000 + index);
  if (seq === null) throw new Error('no place');
  return seq;
};

/** One letter per gap, from the one before the first record to the one after the last. */
const gapsOf = (records: readonly JournalRecord[]): string => {
  const written = times();
  records.forEach((record, index) => {
    written.add(place(index), record);
  });
  const gaps: Gap[] = [];
  const watch = watchGaps(written, (gap) => gaps.push(gap));
  records.forEach((record, index) => {
    watch.add({ seq: place(index), record });
  });
  watch.end(place(records.length));
  expect(gaps.map(({ place: at }) => at)).toEqual(
    Array.from({ length: records.length + 1 }, (_, index) => place(index)),
  );
  return gaps.map((gap) => (isQuiet(gap) ? '.' : `${gap.locked ? 'L' : ''}${gap.removing ? 'r' : ''}`)).join(' ');
};

describe('a moment is quiet', () => {
  test('except while a lock is live', () => {
    const records = [put(0, 'config'), put(1, 'locks'), put(2, 'data'), put(3, 'snapshots'), trash(4, 'locks')];
    expect(gapsOf(records)).toBe('. . L L L .');
  });

  test('though a lock stands there that restic itself would take for left behind', () => {
    expect(gapsOf([put(0, 'locks', '1'), put(29 * minute, 'data', '1'), put(31 * minute, 'data', '2')])).toBe(
      '. L L .',
    );
  });

  test('only when of several locks the last is gone, in whatever order they go', () => {
    const records = [put(0, 'locks', '1'), put(1, 'locks', '2'), trash(2, 'locks', '2'), trash(3, 'locks', '1')];
    expect(gapsOf(records)).toBe('. L L L .');
  });

  test('except between removals within a minute, whatever stands between them', () => {
    const records = [
      put(0, 'config'),
      trash(hour, 'data', '1'),
      put(hour + 1, 'data', '9'),
      trash(hour + 2, 'index', '2'),
    ];
    expect(gapsOf(records)).toBe('. . r r .');
  });

  test('between removals more than a minute apart, or with a backup between them', () => {
    expect(gapsOf([trash(0, 'data', '1'), trash(61_000, 'data', '2')])).toBe('. . .');
    expect(gapsOf([trash(0, 'data', '1'), put(1, 'snapshots', '3'), trash(2, 'data', '2')])).toBe('. . . .');
  });
});
