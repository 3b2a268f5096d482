import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databaseFile } from '../coordinator/paths.ts';
import { openState } from '../coordinator/state/sqlite.ts';
import type { State } from '../coordinator/state/state.ts';
import { outline, report, row } from '../coordinator/testing.ts';
import { CoordinatorReader } from './read-coordinator.ts';
import { sumsOfDay } from './trend.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const hourMs = 3_600_000;

let home: string;
let folder: string;
const closing: { close: () => unknown }[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-gather-'));
  folder = join(home, 'coordinator');
});
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
  rmSync(home, { recursive: true, force: true });
});

const file = () => databaseFile(folder);
const started = (): State => {
  mkdirSync(folder, { recursive: true });
  const { state } = openState(file(), { now: () => new Date(nowMs) });
  closing.push({ close: () => state.close().catch(() => undefined) });
  return state;
};
const reading = (): CoordinatorReader => {
  const reader = new CoordinatorReader({ folder, copies: join(home, 'copies'), timeZone: 'UTC' });
  closing.push(reader);
  return reader;
};
const lease = (source: string) => ({
  ...({ source, run: 'r', reason: 'slot', grantedAtMs: 5, step: null, bytesDone: null, bytesTotal: null } as const),
});
const run = (change: Parameters<typeof outline>[0] = {}) =>
  outline({ receivedAtMs: nowMs, endedAtMs: nowMs - hourMs, ...change });
const names = (reader: CoordinatorReader) => [...reader.known().sources.keys()];
const withSource = async (name: string): Promise<State> => {
  const state = started();
  await state.save({ sources: [row(name)] });
  return state;
};

test('before there is a coordinator nothing is known, and that is no trouble', () => {
  const reader = reading();
  expect(reader.look(nowMs)).toBe(false);
  expect(reader.known()).toMatchObject({ trouble: null });
  expect([reader.newestSeq(), reader.runsSince(0, 9), reader.runs('laptop', 9)]).toEqual([null, [], []]);
  mkdirSync(folder);
  writeFileSync(file(), '');
  reader.look(nowMs);
  expect([names(reader), reader.known().trouble]).toEqual([[], null]);
});

test('what the coordinator writes is seen at the next look, and a look at what has not changed says so', async () => {
  const state = started();
  const reader = reading();
  await state.save({ sources: [row('laptop'), row('tower')] });
  expect(reader.look(nowMs)).toBe(true);
  expect(names(reader)).toEqual(['laptop', 'tower']);
  expect(reader.look(nowMs)).toBe(false);
  await state.save({ leases: [lease('laptop')], settings: { tight: [{ text: 'too much', remedy: 'less' }] } });
  expect(reader.look(nowMs)).toBe(true);
  expect([...reader.known().leases.keys()]).toEqual(['laptop']);
  expect(reader.known().tight).toHaveLength(1);
  const kept = report(nowMs);
  await state.addReport({
    source: 'laptop',
    outline: run({ run: kept.run, bytesRead: 7 }),
    json: JSON.stringify(kept),
  });
  expect(reader.look(nowMs)).toBe(true);
  const laptop = reader.known().sources.get('laptop');
  expect(laptop).toMatchObject({ lastRun: { bytesRead: 7 }, lastGood: { run: kept.run } });
  expect(laptop && sumsOfDay(laptop.sums, nowMs)).toMatchObject({ runs: 1, bytesRead: 7 });
  expect(reader.report('laptop', kept.run)).toEqual(kept);
  expect(reader.known().leases.size).toBe(1);
  await state.save({ ended: ['laptop'], sources: [row('tower', { present: false })] });
  reader.look(nowMs);
  expect([names(reader), reader.known().leases.size]).toEqual([['laptop'], 0]);
});

test('runs are summed up once, whether they came before the first look or after it, early or late', async () => {
  const state = await withSource('laptop');
  const days = (count: number) => nowMs - count * 24 * hourMs;
  await state.addReport({ source: 'laptop', outline: run({ bytesStored: 1, endedAtMs: days(3) }), json: '{}' });
  await state.addReport({ source: 'laptop', outline: run({ bytesStored: 99, endedAtMs: days(20) }), json: '{}' });
  const reader = reading();
  reader.look(nowMs);
  await state.addReport({ source: 'laptop', outline: run({ bytesStored: 2, endedAtMs: days(3) }), json: '{}' });
  await state.save({ sources: [row('laptop', { everyMs: hourMs })] });
  reader.look(nowMs);
  reader.look(nowMs);
  const later = reading();
  later.look(nowMs);
  for (const one of [reader, later]) {
    const days = [...(one.known().sources.get('laptop')?.sums.days.values() ?? [])];
    expect(days.map(({ bytesStored }) => bytesStored)).toEqual([3]);
  }
});

test('days are by the wall clock of the server, also when that is changed', async () => {
  const state = await withSource('laptop');
  await state.addReport({
    source: 'laptop',
    outline: run({ endedAtMs: Date.parse('2026-11-20T23:30:00Z') }),
    json: '{}',
  });
  const reader = reading();
  reader.look(nowMs);
  const day = () => [...(reader.known().sources.get('laptop')?.sums.days.keys() ?? [])];
  const [before] = day();
  reader.useTimeZone('Europe/Berlin');
  expect(reader.look(nowMs)).toBe(true);
  expect(day()).toEqual([(before ?? 0) + 1]);
});

test('runs are told in the order in which they came, from where somebody left off', async () => {
  const state = await withSource('laptop');
  const reader = reading();
  for (const one of ['a', 'b', 'c'])
    await state.addReport({ source: 'laptop', outline: run({ run: one }), json: '{}' });
  reader.look(nowMs);
  expect(reader.runsSince(0, 2).map(({ seq, outline: { run: id } }) => [seq, id])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
  expect(reader.runsSince(2, 9)).toMatchObject([{ seq: 3, source: 'laptop' }]);
  expect(reader.newestSeq()).toBe(3);
});

test('a row that can not be understood keeps nothing else out', async () => {
  const state = await withSource('laptop');
  await state.save({ sources: [row('odd')] });
  await state.addReport({ source: 'laptop', outline: run({ run: 'good' }), json: '{}' });
  await state.addReport({ source: 'laptop', outline: run({ run: 'bad' }), json: '{}' });
  const db = new DatabaseSync(file());
  db.exec(`UPDATE runs SET outline = '{' WHERE run = 'bad'; UPDATE sources SET slots = '{' WHERE name = 'odd'`);
  db.close();
  const reader = reading();
  reader.look(nowMs);
  expect([names(reader), reader.known().trouble]).toEqual([['laptop'], null]);
  expect(reader.known().sources.get('laptop')).toMatchObject({ lastRun: { run: 'good' } });
  expect(reader.runsSince(0, 9)).toHaveLength(1);
});

test('a coordinator that ends and comes back is read before, between and after, and nothing is left beside its file', async () => {
  const state = await withSource('laptop');
  const reader = reading();
  reader.look(nowMs);
  await state.close();
  reader.look(nowMs);
  expect(names(reader)).toEqual(['laptop']);
  reader.close();
  // The last to close has cleaned up; from now on the file stands still.
  const db = new DatabaseSync(file());
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  expect(readdirSync(folder)).toEqual(['state.db']);
  const still = reading();
  still.look(nowMs);
  expect([names(still), still.known().trouble]).toEqual([['laptop'], null]);
  expect(readdirSync(folder)).toEqual(['state.db']);
  const again = started();
  await again.save({ sources: [row('tower')] });
  expect(still.look(nowMs)).toBe(true);
  expect(names(still)).toEqual(['laptop', 'tower']);
});

test('a database that is set aside and begun anew is read from its beginning', async () => {
  const state = await withSource('laptop');
  for (const one of ['a', 'b']) await state.addReport({ source: 'laptop', outline: run({ run: one }), json: '{}' });
  const reader = reading();
  reader.look(nowMs);
  await state.close();
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, `aside-${name}`));
  expect(reader.look(nowMs)).toBe(true);
  expect([names(reader), reader.known().trouble]).toEqual([[], null]);
  const anew = await withSource('tower');
  await anew.addReport({ source: 'tower', outline: run({ bytesRead: 1 }), json: '{}' });
  expect(reader.look(nowMs)).toBe(true);
  expect([names(reader), reader.newestSeq()]).toEqual([['tower'], 1]);
});

test('an older copy put in its place without a word is read as it is', async () => {
  const state = await withSource('laptop');
  await state.addReport({ source: 'laptop', outline: run({ bytesRead: 1 }), json: '{}' });
  await state.close();
  const old = join(home, 'old.db');
  copyFileSync(file(), old);
  const more = started();
  for (const one of ['b', 'c']) await more.addReport({ source: 'laptop', outline: run({ run: one }), json: '{}' });
  const reader = reading();
  reader.look(nowMs);
  await more.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${file()}${suffix}`, { force: true });
  copyFileSync(old, file());
  reader.look(nowMs);
  reader.look(nowMs);
  expect(reader.known().sources.get('laptop')?.sums.recent).toHaveLength(1);
});

test('a state from before, written back into the same file, is read as it is', async () => {
  const state = await withSource('laptop');
  for (const one of ['a', 'b', 'c'])
    await state.addReport({ source: 'laptop', outline: run({ run: one }), json: '{}' });
  const reader = reading();
  reader.look(nowMs);
  const db = new DatabaseSync(file());
  db.exec('DELETE FROM runs WHERE seq > 1');
  db.close();
  reader.look(nowMs);
  const laptop = reader.known().sources.get('laptop');
  expect([laptop?.sums.recent.length, laptop?.lastRun?.run]).toEqual([1, 'a']);
});

test('one that is broken, newer, or holds somebody’s program is trouble in words; what was known stays but for who runs', async () => {
  const state = await withSource('laptop');
  await state.save({ leases: [lease('laptop')] });
  const reader = reading();
  reader.look(nowMs);
  await state.close();
  const db = new DatabaseSync(file());
  db.exec('PRAGMA user_version = 99');
  expect(reader.look(nowMs)).toBe(true);
  expect(reader.known().trouble).toMatch(/newer berth/);
  expect([names(reader), reader.known().leases.size]).toEqual([['laptop'], 0]);
  expect(reader.look(nowMs)).toBe(false);
  db.exec('PRAGMA user_version = 1; CREATE VIEW trap AS SELECT 1');
  reader.look(nowMs);
  expect(reader.known().trouble).toMatch(/holds more than/);
  db.exec('DROP VIEW trap');
  expect(reader.look(nowMs)).toBe(true);
  expect(reader.known().trouble).toBeNull();
  db.close();
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(file(), 'no database, though long enough to be taken for one'.repeat(100));
  reader.look(nowMs);
  expect(reader.known().trouble).toMatch(/not a database/);
});

test('a folder in its place is trouble as well', () => {
  mkdirSync(file(), { recursive: true });
  const reader = reading();
  reader.look(nowMs);
  expect(reader.known().trouble).not.toBeNull();
});

test('while it is written as fast as can be, every look shows something whole', async () => {
  const state = await withSource('laptop');
  const reader = reading();
  let written = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      // A run and its source's row in one turn: one transaction.
      written += 1;
      const both = [
        state.addReport({ source: 'laptop', outline: run({ run: `r${written}`, bytesRead: written }), json: '{}' }),
        state.save({ sources: [row('laptop', { everyMs: written })] }),
      ];
      await Promise.all(both);
    }
  })();
  let [seen, looks] = [0, 0];
  while (seen < 200) {
    reader.look(nowMs);
    const laptop = reader.known().sources.get('laptop');
    expect(reader.known().trouble).toBeNull();
    if (laptop?.lastGood) expect(laptop.lastRun?.bytesRead).toBe(laptop.everyMs);
    seen = laptop?.sums.recent.length ?? 0;
    expect(reader.newestSeq()).toBe(seen);
    looks += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  isOver = true;
  await writing;
  expect(looks).toBeGreaterThan(10);
});
