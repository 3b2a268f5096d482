import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nameOfDay } from '../days.ts';
import { type MonitorStateOptions, openMonitorState, previewMonitorState } from './open.ts';
import { alert, delivery, size } from './testing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-monitor-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'monitor/state.db');
const opened = (change: Partial<MonitorStateOptions> = {}) =>
  openMonitorState(file(), { now: () => new Date('2026-11-21T12:00:00Z'), onTrouble: () => undefined, ...change });
const open = (change: Partial<MonitorStateOptions> = {}) => opened(change).state;

test('what was saved is there after a kill -9, and its folder is nobody else’s', async () => {
  const state = open();
  state.saveAlerts([alert('overdue:laptop')]);
  state.saveDelivery(delivery('1 mail'));
  state.saveDelivery(delivery('2 mail'));
  state.removeDelivery('2 mail');
  state.saveDigestedMs(7);
  state.savePingedSeq(8);
  state.saveSize(size('laptop', '2026-11-14', 10));
  await setImmediate();
  // Opened beside the first, which was not closed.
  const again = open();
  expect(again.alerts()).toEqual([alert('overdue:laptop')]);
  expect(again.deliveries()).toEqual([delivery('1 mail')]);
  expect([again.digestedMs(), again.pingedSeq()]).toEqual([7, 8]);
  expect(again.sizes('laptop', 9)).toEqual([size('laptop', '2026-11-14', 10)]);
  expect(statSync(join(folder, 'monitor')).mode & 0o777).toBe(0o700);
  again.close();
  state.close();
});

test('what a full disk does not take is kept in memory, and written when there is room again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const troubles: unknown[] = [];
  const state = open({ mostPages: 20, onTrouble: (error) => troubles.push(error) });
  const body = 'x'.repeat(100_000);
  state.saveDelivery(delivery('big', { message: { ...delivery('big').message, body } }));
  state.saveSize(size('laptop', '2026-11-14', 10));
  await setImmediate();
  state.saveDigestedMs(7);
  await setImmediate();
  expect(troubles).toHaveLength(1);
  expect([state.deliveries().length, state.digestedMs(), state.sizes('laptop', 1).length]).toEqual([1, 7, 1]);
  const preview = previewMonitorState(file());
  expect([preview.deliveries(), preview.digestedMs()]).toEqual([[], null]);
  preview.close();
  state.removeDelivery('big');
  // Nobody saves anything now: the clock alone tries again.
  vi.advanceTimersByTime(30_000);
  expect(troubles.at(-1)).toBeNull();
  const after = previewMonitorState(file());
  expect([after.digestedMs(), after.sizes('laptop', 1).length]).toEqual([7, 1]);
  after.close();
  state.close();
});

test('a preview sees what the monitor has kept, and changes nothing', async () => {
  const state = open();
  state.saveAlerts([alert('a')]);
  state.saveSize(size('laptop', '2026-11-14', 10));
  await setImmediate();
  const preview = previewMonitorState(file());
  expect([preview.alerts().length, preview.sizes('laptop', 9).length]).toEqual([1, 1]);
  preview.saveAlerts([]);
  preview.saveSize(size('laptop', '2026-11-15', 20));
  await setImmediate();
  expect([preview.alerts().length, preview.sizes('laptop', 9).length]).toEqual([0, 2]);
  preview.close();
  state.close();
  const stopped = readdirSync(join(folder, 'monitor'));
  const bytes = readFileSync(file());
  const later = previewMonitorState(file());
  expect([later.alerts().length, later.sizes('laptop', 9).length]).toEqual([1, 1]);
  later.saveDigestedMs(1);
  later.close();
  expect(readdirSync(join(folder, 'monitor'))).toEqual(stopped);
  expect(readFileSync(file()).equals(bytes)).toBe(true);
});

test('a preview of what is not there, broken or newer knows nothing, and makes nothing', () => {
  expect(previewMonitorState(file()).digestedMs()).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, 'monitor'));
  writeFileSync(file(), 'no database'.repeat(1000));
  expect(previewMonitorState(file()).alerts()).toEqual([]);
});

test('a broken file is set aside, and a new one begins; a newer one is left as it is', () => {
  mkdirSync(join(folder, 'monitor'));
  writeFileSync(file(), 'this was a database once'.repeat(500));
  const { state, aside } = opened();
  expect(aside).toMatch(/broken-2026-11-21T12-00-00\.000Z$/);
  state.saveDigestedMs(7);
  state.close();
  const db = new DatabaseSync(file());
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(() => open()).toThrow(expect.objectContaining({ code: 'state-newer' }));
});

test('a row that can not be understood is passed over and said', () => {
  const state = open();
  state.saveAlerts([alert('a'), alert('b')]);
  state.close();
  const db = new DatabaseSync(file());
  db.exec("UPDATE alerts SET alert = '{' WHERE key = 'a'");
  db.close();
  const again = opened();
  expect([again.state.alerts().map(({ key }) => key), again.skipped]).toEqual([['b'], ['what was kept as a']]);
  again.state.close();
});

test('a clock that was ahead for a day leaves no days of the future, and makes no source old', async () => {
  const state = open();
  for (let day = 0; day < 3; day += 1) {
    for (const name of [null, 'laptop']) state.saveSize(size(name, nameOfDay(20_000 + day), day));
  }
  state.saveSize(size(null, '2099-01-01', 1));
  state.saveSize(size('laptop', '2099-01-01', 1));
  await setImmediate();
  expect(state.sizes('laptop', 9)).toHaveLength(4);
  state.saveSize(size('laptop', nameOfDay(20_003), 3));
  await setImmediate();
  expect(state.sizes('laptop', 9).map(({ liveBytes }) => liveBytes)).toEqual([0, 1, 2, 3]);
  state.close();
});

test('a source that has been gone for all the days that are kept of the disk is forgotten', async () => {
  const state = open();
  state.saveSize(size('gone', nameOfDay(20_000), 1));
  state.saveSize(size('here', nameOfDay(20_000), 1));
  state.saveSize(size('here', nameOfDay(20_300), 1));
  for (let day = 0; day < 400; day += 1) state.saveSize(size(null, nameOfDay(20_000 + day), 1));
  await setImmediate();
  expect([...state.allSizes(9).keys()].sort()).toEqual(['gone', 'here']);
  state.saveSize(size(null, nameOfDay(20_400), 1));
  await setImmediate();
  expect([...state.allSizes(9).keys()]).toEqual(['here']);
  state.close();
});
