import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asUser } from '../../status/as-user.ts';
import { databaseFile, stateFolder } from '../paths.ts';
import { outline, report, row } from '../testing.ts';
import { readFleet, readReport, readRuns } from './read.ts';
import { openState } from './sqlite.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'berth-read-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const isRoot = process.geteuid?.() === 0;
const nowMs = Date.parse('2026-11-21T12:00:00Z');
const file = () => databaseFile(stateFolder(dataDir));
const opened = (uid: number | null = null) => {
  mkdirSync(stateFolder(dataDir), { mode: 0o700 });
  const open = () => openState(file(), { now: () => new Date(nowMs) }).state;
  if (uid === null) return open();
  chownSync(stateFolder(dataDir), uid, uid);
  chownSync(dataDir, uid, uid);
  return asUser(uid, open);
};

test('where no coordinator has run there is nothing to read, and nothing is made', () => {
  expect(readFleet({ dataDir, uid: null, nowMs })).toBeNull();
  expect(readRuns({ dataDir, uid: null, source: 'laptop', most: 3 })).toBeNull();
  expect(readdirSync(dataDir)).toEqual([]);
});

test('what is running, waiting, planned and past is read while the coordinator has the file open', async () => {
  const state = opened();
  await state.save({
    sources: [
      row('laptop', { slots: [{ startsAtMs: nowMs + 1000, endsAtMs: nowMs + 2000, closesAtMs: null }] }),
      row('tower'),
    ],
    leases: [
      {
        source: 'laptop',
        run: 'r',
        reason: 'slot',
        grantedAtMs: nowMs - 5,
        step: 'backup',
        bytesDone: 1,
        bytesTotal: 4,
      },
    ],
    waiting: [{ source: 'tower', run: 'w', reason: 'person', askedAtMs: nowMs - 9, position: 2 }],
    settings: { tight: [{ text: 'too much', remedy: 'less' }] },
  });
  await state.addReport({
    source: 'laptop',
    outline: outline({ bytesAdded: 7, endedAtMs: nowMs - 60_000 }),
    json: '{}',
  });
  const fleet = readFleet({ dataDir, uid: null, nowMs });
  expect(fleet?.tight).toEqual([{ text: 'too much', remedy: 'less' }]);
  const [laptop, tower] = fleet?.sources ?? [];
  expect(laptop).toMatchObject({
    ...{ name: 'laptop', state: 'fine', nextSlotMs: nowMs + 1000, lastRun: { bytesAdded: 7, outcome: 'ok' } },
    now: { kind: 'running', sinceMs: nowMs - 5, step: 'backup', percent: 25 },
  });
  expect(tower).toMatchObject({ state: 'never', lastRun: null, now: { kind: 'waiting', position: 2 } });
  expect(readRuns({ dataDir, uid: null, source: 'laptop', most: 3 })).toHaveLength(1);
  await state.close();
});

test('what a review found since is believed rather than what the coordinator heard last', async () => {
  const state = opened();
  const stored = {
    ...{ at: new Date(nowMs).toISOString(), snapshots: 1, lastSnapshotAt: new Date(nowMs - 5000).toISOString() },
    ...{ live: { bytes: 1, objects: 1 }, trash: { bytes: 0, objects: 0 }, unreadable: null },
  };
  const hour = 3_600_000;
  await state.save({ sources: [row('laptop', { knownSinceMs: nowMs - 100 * hour }), row('tower')] });
  const storedOf = (name: string) => (name === 'laptop' ? stored : null);
  expect(readFleet({ dataDir, uid: null, nowMs })?.sources[0]?.state).toBe('overdue');
  expect(readFleet({ dataDir, uid: null, nowMs, storedOf })?.sources).toMatchObject([
    { state: 'fine', lastSuccessMs: nowMs - 5000 },
    { state: 'never' },
  ]);
  await state.close();
});

test('a report is read word for word, and is none where it can not be understood or is not there', async () => {
  const state = opened();
  const kept = report(nowMs, { outcome: 'failed', message: 'Fatal: repository is locked' });
  const [laptop, run] = ['laptop', kept.run];
  await state.addReport({ source: laptop, outline: outline({ run }), json: JSON.stringify(kept) });
  const other = outline();
  await state.addReport({ source: laptop, outline: other, json: '{}' });
  expect(readReport({ dataDir, uid: null, source: laptop, run })).toEqual(kept);
  expect(readReport({ dataDir, uid: null, source: 'tower', run })).toBeNull();
  expect(readReport({ dataDir, uid: null, source: laptop, run: other.run })).toBeNull();
  await state.close();
});

test.runIf(isRoot)(
  'root reads as the coordinator, also what a dead one left in its log, and leaves no file of its own',
  async () => {
    const uid = 65_531;
    const state = opened(uid);
    await asUser(uid, () => state.save({ sources: [row('laptop')] }));
    // As a kill -9 leaves it: the log is there, its index is not.
    const before = databaseFile(stateFolder(dataDir));
    const copy = mkdtempSync(join(tmpdir(), 'berth-read-'));
    try {
      mkdirSync(stateFolder(copy));
      for (const suffix of ['', '-wal']) {
        const to = `${databaseFile(stateFolder(copy))}${suffix}`;
        writeFileSync(to, await import('node:fs').then(({ readFileSync }) => readFileSync(`${before}${suffix}`)));
        chownSync(to, uid, uid);
      }
      chownSync(stateFolder(copy), uid, uid);
      chownSync(copy, uid, uid);
      expect(readFleet({ dataDir: copy, uid, nowMs })?.sources).toHaveLength(1);
      const owners = readdirSync(stateFolder(copy)).map((name) => statSync(join(stateFolder(copy), name)).uid);
      expect(new Set(owners)).toEqual(new Set([uid]));
    } finally {
      rmSync(copy, { recursive: true });
    }
    await state.close();
    expect(process.geteuid?.()).toBe(0);
  },
);

test.runIf(isRoot)('root reads also below a folder that is closed to the coordinator, and leaves no copy', async () => {
  const uid = 65_531;
  const state = opened(uid);
  await asUser(uid, () => state.save({ sources: [row('laptop')] }));
  chownSync(dataDir, 0, 0);
  const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('berth-state-'));
  const before = copies();
  expect(readFleet({ dataDir, uid, nowMs })?.sources).toHaveLength(1);
  expect(readRuns({ dataDir, uid, source: 'laptop', most: 3 })).toEqual([]);
  expect(copies()).toEqual(before);
  chownSync(dataDir, uid, uid);
  await asUser(uid, () => state.close());
});

test.runIf(isRoot)('a link in its place is not followed there', () => {
  const uid = 65_531;
  mkdirSync(stateFolder(dataDir), { mode: 0o700 });
  chownSync(stateFolder(dataDir), uid, uid);
  symlinkSync('/etc/shadow', file());
  expect(() => readFleet({ dataDir, uid, nowMs })).toThrow(expect.objectContaining({ code: 'state-unreadable' }));
});

test('one that holds a program of somebody else is not read', async () => {
  const state = opened();
  await state.close();
  const db = new DatabaseSync(file());
  db.exec('CREATE VIEW trap AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n');
  db.close();
  expect(() => readFleet({ dataDir, uid: null, nowMs })).toThrow(/holds more than/);
});

test('a broken file, and one of a newer berth, are told apart from none', async () => {
  const state = opened();
  await state.close();
  const db = new DatabaseSync(file());
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(() => readFleet({ dataDir, uid: null, nowMs })).toThrow(expect.objectContaining({ code: 'state-newer' }));
  for (const name of readdirSync(stateFolder(dataDir))) rmSync(join(stateFolder(dataDir), name));
  writeFileSync(file(), 'not a database, though long enough to be taken for one'.repeat(100));
  expect(() => readFleet({ dataDir, uid: null, nowMs })).toThrow(expect.objectContaining({ code: 'state-unreadable' }));
});
