import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import { formatRecord, type JournalRecord } from '../record.ts';
import { objectOf, sourceDirectory } from '../testing.ts';
import { reviewJournal } from './review.ts';

const at = Date.parse('2026-11-14T02:00:00Z');
const { id } = objectOf('a pack');
const lock = objectOf('a lock', 'locks').id;
const size = 6;

/** What reviews say of a journal, each after one more record. */
const reviews = async (...records: readonly JournalRecord[]) => {
  await using source = await sourceDirectory();
  const answers = [];
  for (const record of records) {
    await appendFile(join(source.directory, 'journal/2026-11.jsonl'), `${formatRecord(record)}\n`);
    answers.push(await reviewJournal({ disk: nodeDisk, layout: layoutOf(source.directory) }, { now: at, share: 0.5 }));
  }
  return answers;
};

test('what was damaged is named until it has come back; a lock is nothing to come back', async () => {
  const said = await reviews(
    { op: 'put', id, size, sha256: null, at },
    { op: 'quarantine', id, size, of: null, at },
    { op: 'quarantine', id: lock, size, of: null, at },
    { op: 'put', id, size, sha256: null, at },
    { op: 'lost', id, size, of: null, at },
  );
  expect(said.map(({ damaged }) => damaged.map(({ type }) => type))).toEqual([[], ['data'], ['data'], [], ['data']]);
});

test('the last change is what the client did, and no work of the server', async () => {
  const said = await reviews(
    { op: 'clock', at },
    { op: 'put', id, size, sha256: null, at: at + 1000 },
    { op: 'quarantine', id, size, of: null, at: at + 2000 },
    { op: 'trash', id: lock, size, at: at + 3000 },
    { op: 'clock', at: at + 4000 },
  );
  expect(said.map(({ lastChangeAt }) => lastChangeAt)).toEqual([null, at + 1000, at + 1000, at + 3000, at + 3000]);
});
