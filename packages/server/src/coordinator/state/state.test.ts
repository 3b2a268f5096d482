import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outline, row } from '../testing.ts';
import { Commits } from './commit.ts';
import { openState } from './sqlite.ts';
import type { State } from './state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'state.db');
const now = () => new Date('2026-11-21T12:00:00Z');
const open = (mostPages?: number): State =>
  openState(file(), { now, ...(mostPages !== undefined && { mostPages }) }).state;
const report = (change: Parameters<typeof outline>[0] = {}, json = '{}') => ({
  ...{ source: 'laptop', outline: outline(change), json },
});

test('what was saved is there after the coordinator has gone without a word', async () => {
  const state = open();
  await state.save({
    sources: [row('laptop', { place: { minute: 90, day: 0 } })],
    leases: [
      { source: 'laptop', run: 'r', reason: 'slot', grantedAtMs: 5, step: null, bytesDone: null, bytesTotal: null },
    ],
    waiting: [{ source: 'tower', run: 'w', reason: 'person', askedAtMs: 6, position: 1 }],
  });
  await state.addReport(report({ run: 'a', endedAtMs: 10, bytesAdded: 3 }));
  // Opened beside the first, which was not closed: as after a kill -9.
  const loaded = await open().load();
  expect(loaded.sources).toMatchObject([
    { name: 'laptop', place: { minute: 90 }, lastGood: { run: 'a', bytesAdded: 3 } },
  ]);
  expect(loaded.leases).toMatchObject([{ source: 'laptop', run: 'r' }]);
  expect(loaded.waiting).toMatchObject([{ source: 'tower', run: 'w' }]);
});

test('a report is kept once, with what came first', async () => {
  const state = open();
  const first = report({ run: 'a', bytesAdded: 1 });
  expect(await state.addReport(first)).toBe('new');
  expect(await state.addReport(first)).toBe('known');
  expect(await state.addReport(report({ run: 'a', bytesAdded: 2 }))).toBe('known');
  expect(await state.addReport({ ...first, source: 'tower' })).toBe('new');
  expect(await state.runs('laptop', 9)).toMatchObject([{ run: 'a', bytesAdded: 1 }]);
});

test('a report ends the lease and the waiting of its own run, and of no other', async () => {
  const state = open();
  const lease = { reason: 'slot', grantedAtMs: 5, step: null, bytesDone: null, bytesTotal: null } as const;
  await state.save({
    leases: [
      { source: 'laptop', run: 'mine', ...lease },
      { source: 'tower', run: 'mine', ...lease },
    ],
  });
  await state.addReport(report({ run: 'other' }));
  await state.addReport(report({ run: 'mine' }));
  expect((await open().load()).leases.map(({ source }) => source)).toEqual(['tower']);
});

test('one that comes late says nothing about what came after it; dry runs and busy ones say nothing at all', async () => {
  const state = open();
  await state.save({ sources: [row('laptop')] });
  await state.addReport(report({ run: 'newest', endedAtMs: 300, outcome: 'failed', snapshot: null }));
  await state.addReport(report({ run: 'good', endedAtMs: 200, heldMs: 77 }));
  await state.addReport(report({ run: 'older', endedAtMs: 100, heldMs: 55 }));
  await state.addReport(report({ run: 'unmeasured', endedAtMs: 50, durationMs: 7 * 86_400_000 }));
  await state.addReport(report({ run: 'dry', endedAtMs: 400, dryRun: true }));
  await state.addReport(report({ run: 'busy', endedAtMs: 500, outcome: 'busy' }));
  const [laptop] = (await open().load()).sources;
  expect(laptop).toMatchObject({ lastRun: { run: 'newest' }, lastGood: { run: 'good' }, lengthsMs: [77, 55] });
});

test('a row that can not be understood is passed over and said, and keeps nothing else out', async () => {
  const state = open();
  await state.save({ sources: [row('laptop'), row('odd'), row('tower')] });
  await state.addReport(report({ run: 'before', endedAtMs: 100 }));
  await state.addReport(report({ run: 'fraction', endedAtMs: 200 }));
  const db = new DatabaseSync(file());
  db.exec(`UPDATE runs SET outline = json_set(outline, '$.heldMs', 0.5) WHERE run = 'fraction'`);
  db.exec(`UPDATE sources SET slots = '{' WHERE name = 'odd'`);
  db.exec(`INSERT INTO leases VALUES ('tower', 'r', 'whim', 5, NULL, NULL, NULL)`);
  db.exec(`INSERT INTO waiting VALUES ('tower', 'r', 'whim', 5, 1)`);
  db.exec(`INSERT OR REPLACE INTO settings VALUES ('tight', '7')`);
  db.close();
  const again = openState(file(), { now });
  const loaded = await again.state.load();
  expect(loaded.sources).toMatchObject([
    { name: 'laptop', lastRun: { run: 'before' }, lastGood: { run: 'before' } },
    { name: 'tower' },
  ]);
  expect(loaded).toMatchObject({ leases: [], waiting: [], settings: { tight: [] } });
  expect(again.aside).toBeNull();
  expect(again.skipped.map((what) => what.split(':')[0]).sort()).toEqual([
    'a run of laptop',
    'a run of laptop',
    'the lease of tower',
    'the source odd',
    'the waiting of tower',
  ]);
  expect(await again.state.runs('laptop', 9)).toMatchObject([{ run: 'before' }]);
});

test('one that fails undoes nothing of what shares its transaction', async () => {
  const db = new DatabaseSync(file());
  db.exec('CREATE TABLE one (n INTEGER PRIMARY KEY) STRICT');
  const commits = new Commits(db);
  const add = (n: number) => commits.run(() => db.prepare('INSERT INTO one VALUES (?)').run(n));
  const all = await Promise.allSettled([add(1), add(1), add(2)]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(db.prepare('SELECT count(*) AS n FROM one').get()).toEqual({ n: 2 });
  db.close();
});

test('a full disk refuses, keeps all that was accepted, and takes it again when there is room', async () => {
  const state = open(60);
  const accepted: string[] = [];
  const big = 'x'.repeat(20_000);
  const results = [];
  for (let index = 0; index < 30; index += 1) {
    // Two at once, so that what shares a transaction with one that does not fit is not lost with it.
    const pair = [`a${index}`, `b${index}`];
    const ends = await Promise.allSettled(pair.map((run) => state.addReport(report({ run }, big))));
    for (const [at, end] of ends.entries()) {
      if (end.status === 'fulfilled') accepted.push(pair[at] ?? '');
      results.push(end.status === 'fulfilled' ? end.value : end.reason.code);
    }
  }
  expect(new Set(results)).toEqual(new Set(['new', 'disk-full']));
  await state.close();
  const again = open();
  expect((await again.runs('laptop', 100)).map(({ run }) => run).sort()).toEqual(accepted.sort());
  expect(await again.addReport(report({ run: 'b29' }, big))).toBe('new');
  await again.close();
});

test('one source can not fill the disk: old reports go first, then old rows, and never the last good one', async () => {
  const kept = { rows: 300, reports: 40, reportBytes: 4000 };
  const { state } = openState(file(), { now, kept });
  const db = new DatabaseSync(file());
  const reports = () => db.prepare('SELECT run FROM reports JOIN runs USING (seq) ORDER BY seq').all();
  await state.addReport(report({ run: 'good', endedAtMs: 1 }));
  for (const run of ['1', '2', '3', '4', '5']) {
    await state.addReport(report({ run, outcome: 'failed', snapshot: null }, 'x'.repeat(1000)));
  }
  expect(reports().map(({ run }) => run)).toEqual(['2', '3', '4', '5']);
  await Promise.all(Array.from({ length: 500 }, (_, n) => state.addReport(report({ run: `r${n}`, outcome: 'busy' }))));
  expect(reports()).toHaveLength(40);
  const rows = Number(db.prepare('SELECT count(*) AS n FROM runs').get()?.['n']);
  expect(rows).toBeGreaterThanOrEqual(300);
  expect(rows).toBeLessThan(300 + 70);
  expect(db.prepare('SELECT run FROM runs WHERE good = 1').all()).toEqual([{ run: 'good' }]);
  db.close();
  await state.close();
});

test('a broken file is set aside with its log, and a new one begins', async () => {
  const broken = 'this was a database once'.repeat(500);
  writeFileSync(file(), broken);
  writeFileSync(`${file()}-wal`, 'its log');
  const { state, aside } = openState(file(), { now });
  expect(aside).toMatch(/state\.db\.broken-2026-11-21T12-00-00\.000Z$/);
  expect(readFileSync(aside ?? '', 'utf8')).toBe(broken);
  expect(existsSync(`${aside}-wal`)).toBe(true);
  expect(await state.addReport(report())).toBe('new');
  await state.close();
});

test('a page that is damaged in the middle is noticed at the start', async () => {
  const state = open();
  await Promise.all(Array.from({ length: 200 }, (_, n) => state.addReport(report({ run: `r${n}` }, 'y'.repeat(2000)))));
  await state.close();
  const bytes = readFileSync(file());
  bytes.fill(0xff, 3 * 4096, 30 * 4096);
  writeFileSync(file(), bytes);
  expect(openState(file(), { now }).aside).not.toBeNull();
});

test('a database of a newer berth is left as it is, and said so', () => {
  const db = new DatabaseSync(file());
  db.exec('PRAGMA user_version = 99');
  db.close();
  const before = readFileSync(file());
  expect(() => open()).toThrow(expect.objectContaining({ code: 'state-newer' }));
  expect(readFileSync(file()).equals(before)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.includes('broken'))).toEqual([]);
});

test('what shares a transaction with one that loses it is done all the same', async () => {
  const db = new DatabaseSync(file());
  db.exec('CREATE TABLE one (n INTEGER PRIMARY KEY) STRICT');
  const commits = new Commits(db);
  const add = (n: number) => commits.run(() => db.prepare('INSERT INTO one VALUES (?)').run(n));
  const loses = commits.run(() => {
    db.exec('ROLLBACK');
    throw new Error('the disk is full');
  });
  const all = await Promise.allSettled([add(1), loses, add(2)]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(db.prepare('SELECT count(*) AS n FROM one').get()).toEqual({ n: 2 });
  db.close();
});
