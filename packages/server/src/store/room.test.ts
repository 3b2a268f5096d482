import { expect, test } from 'vitest';
import { type Disk, nodeDisk } from './disk.ts';
import { roomOf } from './room.ts';
import { bodyOf, objectOf, sourceDirectory, testStore } from './testing.ts';

/** The real disk, which says that it has 1000 bytes in all, and so many free. */
const diskWith = (free: () => number): Disk => ({
  ...nodeDisk,
  space: async () => ({ totalBytes: 1000, freeBytes: free() }),
});

const empty = { live: { bytes: 0, objects: 0 }, trash: { bytes: 0, objects: 0 } };
const room = (free: () => number, floorBytes: number | null) =>
  roomOf({ disk: diskWith(free), folder: '/', quotaBytes: null, floorBytes, usage: () => empty });

test('an announced size that would pass the floor is refused before the first byte', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory, { disk: diskWith(() => 107), floorBytes: 100 });
  let read = false;
  const unread = async function* () {
    read = true;
    yield Buffer.from('x');
  };
  expect(await store.put(objectOf('big').id, unread(), 8)).toEqual({ kind: 'full', what: 'floor' });
  expect(read).toBe(false);
  const { id, bytes } = objectOf('7 bytes');
  expect(await store.put(id, bodyOf(bytes), 7)).toEqual({ kind: 'stored' });
});

test('an upload under way ends at the floor when others fill the disk meanwhile, with nothing left', async () => {
  await using source = await sourceDirectory();
  let free = 10_000_000;
  await using store = await testStore(source.directory, { disk: diskWith(() => free), floorBytes: 1000 });
  const { id, bytes } = objectOf(Buffer.alloc(3_000_000, 'x'));
  const body = async function* () {
    yield bytes.subarray(0, 1_000_000);
    free = 1001;
    yield* bodyOf(bytes.subarray(1_000_000), 100_000);
  };
  expect(await store.put(id, body(), bytes.length)).toEqual({ kind: 'full', what: 'disk' });
  expect(await source.files('incoming')).toEqual([]);
  free = 10_000_000;
  expect(await store.put(id, bodyOf(bytes, 100_000), bytes.length)).toEqual({ kind: 'stored' });
});

test('uploads at the same time do not promise the same room twice', async () => {
  const { reserve, release, written } = room(() => 250, 100);
  expect(await Promise.all([reserve(100), reserve(100)])).toEqual([null, 'floor']);
  written(100);
  // What is written no longer counts twice: the disk itself shows it.
  expect(await reserve(100)).toBeNull();
  release({ reserved: 100, written: 100 });
  release({ reserved: 100, written: 0 });
  expect(await reserve(150)).toBeNull();
});

test('without a floor of the admin 5 % of the disk stay free, and never more than 1 GiB', async () => {
  const { reserve } = room(() => 100, null);
  expect([await reserve(51), await reserve(50)]).toEqual(['floor', null]);
  const huge = { ...nodeDisk, space: async () => ({ totalBytes: 2 ** 50, freeBytes: 2 ** 30 + 10 }) };
  const wide = roomOf({ disk: huge, folder: '/', quotaBytes: null, floorBytes: null, usage: () => empty });
  expect([await wide.reserve(11), await wide.reserve(10)]).toEqual(['floor', null]);
});

test('a lock needs no room, since no restore goes without one; a large one does', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory, { disk: diskWith(() => 0), quotaBytes: 1, floorBytes: 100 });
  const lock = objectOf('a lock', 'locks');
  expect(await store.put(lock.id, bodyOf(lock.bytes), lock.bytes.length)).toEqual({ kind: 'stored' });
  const large = objectOf('x'.repeat(4097), 'locks');
  expect((await store.put(large.id, bodyOf(large.bytes), large.bytes.length)).kind).toBe('full');
  const unannounced = objectOf('another lock', 'locks');
  expect((await store.put(unannounced.id, bodyOf(unannounced.bytes), null)).kind).toBe('full');
});
