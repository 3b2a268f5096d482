import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameOfDay } from '../days.ts';
import type { MonitorState } from '../state.ts';
import { memoryState, openMonitorState, previewMonitorState } from './open.ts';
import { alert, delivery, size } from './testing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-monitor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'monitor/state.db');
const stored = () =>
  openMonitorState(file(), {
    now: () => new Date(0),
    onTrouble: (error) => {
      throw error;
    },
  }).state;

/** What every state does, whether it is kept or not. */
describe.each<[string, () => MonitorState]>([
  ['in a file', stored],
  ['in memory', memoryState],
  [
    'as a preview of a file',
    () => {
      stored().close();
      return previewMonitorState(file());
    },
  ],
])('a state %s', (_, open) => {
  test('knows nothing at first', () => {
    const state = open();
    expect([state.alerts(), state.deliveries(), state.digestedMs(), state.pingedSeq()]).toEqual([[], [], null, null]);
    expect(state.sizes(null, 9)).toEqual([]);
    expect(state.allSizes(9).size).toBe(0);
    state.close();
  });

  test('says at once what was saved, and the newest of it', async () => {
    const state = open();
    state.saveAlerts([alert('a'), alert('b')]);
    state.saveAlerts([alert('b', { told: 2 })]);
    state.saveDelivery(delivery('late', { createdMs: 9 }));
    state.saveDelivery(delivery('early', { createdMs: 5 }));
    state.saveDelivery(delivery('late', { createdMs: 9, attempts: 1, error: 'refused' }));
    state.saveDigestedMs(7);
    state.savePingedSeq(8);
    for (const _turn of ['before it is written', 'after']) {
      expect(state.alerts()).toEqual([alert('b', { told: 2 })]);
      expect(state.deliveries().map(({ id, attempts }) => [id, attempts])).toEqual([
        ['early', 0],
        ['late', 1],
      ]);
      expect([state.digestedMs(), state.pingedSeq()]).toEqual([7, 8]);
      await setImmediate();
    }
    state.removeDelivery('early');
    state.removeDelivery('nobody');
    expect(state.deliveries().map(({ id }) => id)).toEqual(['late']);
    state.close();
  });

  test('keeps the last look of each day, of each source and of the disk, and gives the last days, the oldest first', async () => {
    const state = open();
    state.saveSize(size('laptop', '2026-11-12', 10));
    await setImmediate();
    for (const bytes of [20, 30]) state.saveSize(size('laptop', '2026-11-14', bytes));
    await setImmediate();
    state.saveSize({ ...size('laptop', '2026-11-14', 40), lastSuccessMs: 5 });
    state.saveSize(size('tower', '2026-11-14', 99));
    state.saveSize(size(null, '2026-11-14', 1));
    for (const _turn of ['before it is written', 'after']) {
      expect(state.sizes('laptop', 9)).toEqual([
        size('laptop', '2026-11-12', 10),
        { ...size('laptop', '2026-11-14', 40), lastSuccessMs: 5 },
      ]);
      expect(state.sizes('laptop', 1)).toHaveLength(1);
      expect(state.sizes(null, 9)).toEqual([size(null, '2026-11-14', 1)]);
      expect([...state.allSizes(1)].map(([name, [day]]) => [name, day?.liveBytes]).sort()).toEqual([
        ['laptop', 40],
        ['tower', 99],
      ]);
      await setImmediate();
    }
    state.close();
  });

  test('forgets days before the last 400', async () => {
    const state = open();
    for (let day = 0; day < 405; day += 1) state.saveSize(size('laptop', nameOfDay(20_000 + day), day));
    await setImmediate();
    const all = state.sizes('laptop', 1000);
    expect([all.length, all[0]?.liveBytes, all.at(-1)?.liveBytes]).toEqual([400, 5, 404]);
    state.close();
  });
});
