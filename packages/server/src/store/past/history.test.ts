import { describe, expect, test } from 'vitest';
import { nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import { config } from '../object.ts';
import type { Store } from '../open.ts';
import { bodyOf, objectOf, sourceDirectory, testStore } from '../testing.ts';
import { readHistory } from './history.ts';

const put = async (store: Store, text: string, type: Parameters<typeof objectOf>[1] = 'data') => {
  const { id, bytes } = objectOf(text, type);
  await store.put(id, bodyOf(bytes), bytes.length);
  return id;
};

/** What restic does for a backup: within a lock of its own. */
const backup = async (store: Store, text: string) => {
  const lock = await put(store, `lock of ${text}`, 'locks');
  const pack = await put(store, text);
  const snapshot = await put(store, `snapshot of ${text}`, 'snapshots');
  await store.trash(lock);
  return [pack, snapshot];
};

const historyOf = async (directory: string, most = 100) => readHistory(nodeDisk, layoutOf(directory).journal, most);

describe('the history of a source', () => {
  test('has a line for each backup, with the quiet moment behind it, and one for a wipe, which it marks', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    const first = await backup(store, 'monday');
    const second = await backup(store, 'tuesday');
    for (const id of [...first, ...second]) await store.trash(id);
    const { stretches, earlier } = await historyOf(source.directory);
    expect(earlier).toBe(0);
    expect(stretches.map(({ snapshots, massDelete }) => [snapshots, massDelete])).toEqual([
      [1, false],
      [2, false],
      [0, true],
    ]);
    const [monday, tuesday, wipe] = stretches;
    expect(monday?.stored).toEqual({ objects: 2, bytes: 'monday'.length + 'snapshot of monday'.length });
    expect(wipe?.deleted.objects).toBe(4);
    expect(wipe?.live).toEqual({ objects: 0, bytes: 0 });
    expect(tuesday?.quiet).toBeGreaterThan(monday?.quiet ?? Number.POSITIVE_INFINITY);
    expect(wipe?.quiet).toBeGreaterThan(tuesday?.quiet ?? Number.POSITIVE_INFINITY);
  });

  test('tells of the last ones only, and how many were before', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    for (const day of ['one', 'two', 'three', 'four', 'five', 'six', 'seven']) await backup(store, day);
    const { stretches, earlier } = await historyOf(source.directory, 2);
    expect([stretches.length, earlier]).toEqual([2, 5]);
    expect(stretches.map(({ snapshots }) => snapshots)).toEqual([6, 7]);
  });

  test('offers no moment behind what ended with its lock still there', async () => {
    await using source = await sourceDirectory();
    let now = Date.parse('2026-11-14T02:00:00Z');
    await using store = await testStore(source.directory, { now: () => new Date(now) });
    await store.put(config, bodyOf(Buffer.from('c')), 1);
    await put(store, 'a lock', 'locks');
    await put(store, 'half a backup');
    now += 3_600_000;
    await put(store, 'the next');
    const { stretches } = await historyOf(source.directory);
    expect(stretches.map(({ quiet }) => quiet === null)).toEqual([true, false]);
  });
});
