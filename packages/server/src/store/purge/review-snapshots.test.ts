import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import { formatRecord, type JournalRecord } from '../record.ts';
import { monthOf, placeOf } from '../seq.ts';
import { objectOf, sourceDirectory } from '../testing.ts';
import { reviewJournal } from './review.ts';

const at = Date.parse('2026-11-14T02:00:00Z');
const size = 6;
const of = placeOf(monthOf(new Date(at)), 0);
const [first, second, third] = ['first', 'second', 'third'].map((text) => objectOf(text, 'snapshots').id);
if (first === undefined || second === undefined || third === undefined) throw new Error('three are three');
const put = (id: typeof first, minutes: number): JournalRecord => ({
  ...{ op: 'put', id, size, sha256: null, at: at + minutes },
});
const trash = (id: typeof first, minutes: number): JournalRecord => ({ op: 'trash', id, size, at: at + minutes });

const reviewed = async (...records: readonly JournalRecord[]) => {
  await using source = await sourceDirectory();
  const lines = records.map((record) => `${formatRecord(record)}\n`);
  await appendFile(join(source.directory, 'journal/2026-11.jsonl'), lines.join(''));
  const review = await reviewJournal({ disk: nodeDisk, layout: layoutOf(source.directory) }, { now: at, share: 0.5 });
  const { oldestSnapshotAt, newestSnapshotAt, lastSnapshotAt } = review;
  return [oldestSnapshotAt, newestSnapshotAt, lastSnapshotAt].map((ms) => (ms === null ? null : ms - at));
};

test('the oldest and the newest snapshot are those that are live; the last that came may be gone', async () => {
  expect(await reviewed(put(objectOf('a pack').id, 1))).toEqual([null, null, null]);
  expect(await reviewed(put(first, 1), put(second, 2), put(third, 3))).toEqual([1, 3, 3]);
  expect(await reviewed(put(first, 1), put(second, 2), put(third, 3), trash(first, 4))).toEqual([2, 3, 3]);
  expect(await reviewed(put(first, 1), put(second, 2), put(third, 3), trash(third, 4))).toEqual([1, 2, 3]);
  expect(await reviewed(put(first, 1), trash(first, 2))).toEqual([null, null, 1]);
});

test('one that was taken back from the trash came when it was stored, not when it was taken back', async () => {
  const back: JournalRecord = { op: 'restore', id: first, size, of, at: at + 9 };
  expect(await reviewed(put(first, 1), put(second, 2), trash(first, 3), back)).toEqual([1, 2, 2]);
});
