import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { nodeDisk } from './disk.ts';
import { type Journal, openJournal } from './journal.ts';
import type { Placed } from './journal-read.ts';
import { formatRecord, type JournalRecord, parseRecord } from './record.ts';
import { beginning, type Month, monthOf, partsOf, placeOf } from './seq.ts';
import { objectOf } from './testing.ts';

const folderFor = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-journal-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};

const opened: Journal[] = [];
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
});

const journalIn = async (folder: string, now = () => new Date('2026-11-21T12:00:00Z')) => {
  const seen: Placed[] = [];
  const onRecord = (placed: Placed) => seen.push(placed);
  const journal = await openJournal({ folder, disk: nodeDisk, now, from: beginning, onRecord });
  opened.push(journal);
  return { seen, journal };
};

const record = (text: string): JournalRecord => ({
  at: 0,
  op: 'put',
  id: objectOf(text).id,
  size: text.length,
  sha256: null,
});

test('records come back in order, each from the place that append answered', async () => {
  await using temporary = await folderFor();
  const { journal } = await journalIn(temporary.folder);
  const texts = Array.from({ length: 50 }, (_, index) => `object ${index}`);
  const places = await Promise.all(texts.map((text) => journal.append(record(text))));
  const again = await journalIn(temporary.folder);
  expect(again.seen.map(({ record: read }) => read)).toEqual(texts.map(record));
  expect(again.seen.map(({ seq }) => seq)).toEqual(places);
});

test('sessions that write at once see each other’s records once and know their own places', async () => {
  await using temporary = await folderFor();
  const sessions = await Promise.all(Array.from({ length: 4 }, () => journalIn(temporary.folder)));
  const places = await Promise.all(
    sessions.flatMap(({ journal }, session) =>
      Array.from({ length: 50 }, async (_, index) => {
        const text = `${session}/${index}`;
        return { text, seq: await journal.append(record(text)) };
      }),
    ),
  );
  const { seen } = await journalIn(temporary.folder);
  expect(new Map(seen.map(({ seq, record: read }) => [seq, formatRecord(read)]))).toEqual(
    new Map(places.map(({ seq, text }) => [seq, formatRecord(record(text))])),
  );
  for (const session of sessions) {
    await session.journal.catchUp();
    expect(session.seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq));
  }
});

test('a torn last line is skipped, and the next record starts a line of its own', async () => {
  await using temporary = await folderFor();
  const first = await journalIn(temporary.folder);
  await first.journal.append(record('whole'));
  await appendFile(join(temporary.folder, '2026-11.jsonl'), '{"at":"2026-11-21T12:0');
  const second = await journalIn(temporary.folder);
  await second.journal.append(record('after'));
  const { seen } = await journalIn(temporary.folder);
  expect(seen.map(({ record: read }) => read)).toEqual([record('whole'), record('after')]);
});

test('a clock that goes back a month does not put records before older ones', async () => {
  await using temporary = await folderFor();
  const december = await journalIn(temporary.folder, () => new Date('2026-12-01T00:00:00Z'));
  await december.journal.append(record('first'));
  const november = await journalIn(temporary.folder, () => new Date('2026-11-30T23:59:59Z'));
  await november.journal.append(record('second'));
  const { seen } = await journalIn(temporary.folder);
  expect(seen.map(({ record: read }) => read)).toEqual([record('first'), record('second')]);
});

test('a new month begins a new file, and reading goes on from any place', async () => {
  await using temporary = await folderFor();
  let now = new Date('2026-11-30T23:59:59Z');
  const { journal } = await journalIn(temporary.folder, () => now);
  const before = await journal.append(record('november'));
  now = new Date('2026-12-01T00:00:00Z');
  const after = await journal.append(record('december'));
  expect(partsOf(before).month).toBe('2026-11');
  expect(partsOf(after)).toEqual({ month: '2026-12', offset: 0 });
  const seen: Placed[] = [];
  const onRecord = (placed: Placed) => seen.push(placed);
  await openJournal({ folder: temporary.folder, disk: nodeDisk, now: () => now, from: after, onRecord });
  expect(seen.map(({ record: read }) => read)).toEqual([record('december')]);
});

test('rubbish of any kind in a journal costs only itself', async () => {
  await using temporary = await folderFor();
  const lines = ['', '\0\0\0', 'null', '[]', '{"op":"put"}', 'x'.repeat(1_000_000), formatRecord(record('kept'))];
  await writeFile(join(temporary.folder, '2026-11.jsonl'), `${lines.join('\n')}\n`);
  const { seen } = await journalIn(temporary.folder);
  expect(seen.map(({ record: read }) => read)).toEqual([record('kept')]);
  expect((await readFile(join(temporary.folder, '2026-11.jsonl'))).length).toBeGreaterThan(1_000_000);
});

test('every record survives its line, and no text makes the parser throw', () => {
  const at = fc.integer({ min: 0, max: 4e12 });
  const common = { at, id: fc.string().map((text) => objectOf(text).id), size: fc.nat() };
  const place = fc.nat(1_000_000).map((offset) => placeOf(monthOf(new Date('2026-11-21')), offset));
  const hash = fc.string().map((text) => objectOf(text).name);
  const op = <Name extends string>(...names: readonly Name[]) => fc.constantFrom(...names);
  const records: fc.Arbitrary<JournalRecord> = fc.oneof(
    fc.record({ ...common, op: op('put'), sha256: fc.option(hash) }),
    fc.record({ ...common, op: op('trash') }),
    fc.record({ ...common, op: op('restore', 'purge'), of: place }),
    fc.record({ ...common, op: op('quarantine', 'lost'), of: fc.option(place) }),
    fc.record({ at, op: op('clock', 'settled', 'release') }),
  );
  fc.assert(
    fc.property(records, (one) => {
      expect(parseRecord(formatRecord(one))).toEqual(one);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseRecord(text)).toBeNull();
    }),
  );
});

test('a place tells its month and offset again, and grows with both', () => {
  const month = fc.tuple(fc.integer({ min: 2000, max: 9006 }), fc.integer({ min: 1, max: 12 }));
  const place = fc.tuple(month, fc.integer({ min: 0, max: 9_999_999_999 }));
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [one, other] = [a, b].map(([[year, number], offset]) => {
        const text = `${year}-${String(number).padStart(2, '0')}` as Month;
        const seq = placeOf(text, offset);
        expect(partsOf(seq)).toEqual({ month: text, offset });
        return { seq, key: `${text}/${String(offset).padStart(10, '0')}` };
      });
      if (one === undefined || other === undefined) return;
      expect(one.seq < other.seq).toBe(one.key < other.key);
    }),
  );
});

test.each(['whole but for its line feed', 'cut in its middle'])(
  'a record that is %s was never answered for, and does not come true when another is added',
  async (how) => {
    await using temporary = await folderFor();
    const first = await journalIn(temporary.folder);
    await first.journal.append(record('whole'));
    const line = formatRecord(record('never answered'));
    await appendFile(join(temporary.folder, '2026-11.jsonl'), how.startsWith('whole') ? line : line.slice(0, 40));
    const second = await journalIn(temporary.folder);
    await second.journal.append(record('after'));
    const { seen } = await journalIn(temporary.folder);
    expect(seen.map(({ record: read }) => read)).toEqual([record('whole'), record('after')]);
  },
);

test('records that belong together are written by one write, in their order', async () => {
  await using temporary = await folderFor();
  const { seen, journal } = await journalIn(temporary.folder);
  const both = [record('one'), record('two')];
  const [, [first, second]] = await Promise.all([journal.append(record('zero')), journal.appendTogether(both)]);
  expect(seen.map(({ record: read }) => read)).toEqual([record('zero'), ...both]);
  expect([seen[1]?.seq, seen[2]?.seq]).toEqual([first, second]);
});

test.each([
  ['the future', '2031-02'],
  ['the past', '1999-12'],
])('a journal whose newest month is of %s goes on in order, and nothing of it is lost', async (_, month) => {
  await using temporary = await folderFor();
  await writeFile(join(temporary.folder, `${month}.jsonl`), `${formatRecord(record('of another clock'))}\n`);
  const { seen, journal } = await journalIn(temporary.folder);
  const seq = await journal.append(record('of this clock'));
  expect(seen.map(({ record: read }) => read)).toEqual([record('of another clock'), record('of this clock')]);
  expect(seq).toBeGreaterThan(seen[0]?.seq ?? Number.POSITIVE_INFINITY);
});
