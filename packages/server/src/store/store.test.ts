import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { config } from './object.ts';
import { bodyOf, contentOf, objectOf, sourceDirectory, testStore } from './testing.ts';

describe('put', () => {
  test('an acknowledged object is there, is the bytes that were sent, and is in the journal', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    const { id, bytes, name } = objectOf('a pack of blobs');
    expect(await store.put(id, bodyOf(bytes), bytes.length)).toEqual({ kind: 'stored' });
    expect(await contentOf(store, id)).toBe('a pack of blobs');
    expect(await source.files('repo')).toEqual([`data/${name.slice(0, 2)}/${name}`]);
    const [journal] = (await source.files('journal')).filter((file) => file.endsWith('.jsonl'));
    const record = JSON.parse(await readFile(join(source.directory, 'journal', journal ?? ''), 'utf8'));
    expect(record).toMatchObject({ op: 'put', type: 'data', name, size: 15 });
    await store.close();
    expect(await source.files('incoming')).toEqual([]);
  });

  test('the same bytes again succeed and are journaled once', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    const { id, bytes } = objectOf('sent twice');
    await store.put(id, bodyOf(bytes), bytes.length);
    expect(await store.put(id, bodyOf(bytes), bytes.length)).toEqual({ kind: 'already' });
    expect(await store.usage()).toEqual({ live: { bytes: 10, objects: 1 }, trash: { bytes: 0, objects: 0 } });
  });

  test('other bytes under an existing name are refused and change nothing', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    await store.put(config, bodyOf(Buffer.from('the first config')), 16);
    expect(await store.put(config, bodyOf(Buffer.from('another config!!')), 16)).toEqual({ kind: 'conflict' });
    expect(await contentOf(store, config)).toBe('the first config');
    const { id, bytes } = objectOf('a pack');
    await store.put(id, bodyOf(bytes), 6);
    expect(await store.put(id, bodyOf(Buffer.from('A PACK')), 6)).toEqual({ kind: 'conflict' });
    expect(await contentOf(store, id)).toBe('a pack');
  });

  test.each([
    ['bytes that are not the name', bodyOf(Buffer.from('other')), null, 'wrong-hash'],
    ['a body that ends before its announced size', bodyOf(Buffer.from('a pack')), 7, 'cut'],
    ['a body longer than announced', bodyOf(Buffer.from('a pack')), 5, 'cut'],
    ['a body that fails on the way', bodyOf(Buffer.from('a pack'), 2, 4), null, 'cut'],
  ] as const)('%s leave nothing behind', async (_, body, expectedBytes, kind) => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    expect((await store.put(objectOf('a pack').id, body, expectedBytes)).kind).toBe(kind);
    expect(await source.files()).toEqual([]);
  });

  test('of eight sessions racing for one name all are answered for the same bytes, with one record', async () => {
    await using source = await sourceDirectory();
    const { id, bytes } = objectOf('x'.repeat(100_000));
    const stores = await Promise.all(
      Array.from({ length: 8 }, (_, index) => testStore(source.directory, { pid: 2000 + index, isAlive: () => true })),
    );
    const results = await Promise.all(stores.map((store) => store.put(id, bodyOf(bytes, 1000), bytes.length)));
    await Promise.all(stores.map((store) => store.close()));
    expect(results.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
    expect(results.every(({ kind }) => kind === 'stored' || kind === 'already')).toBe(true);
    expect(await source.files('repo')).toHaveLength(1);
    expect(await source.files('incoming')).toEqual([]);
  });
});

describe('trash', () => {
  test('a deleted object leaves the listing and stays in the trash under its record’s place', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    const { id, bytes, name } = objectOf('gone', 'snapshots');
    await store.put(id, bodyOf(bytes), 4);
    expect(await store.trash(id)).toBe('trashed');
    expect(await store.size(id)).toBeNull();
    const [trashed] = await source.files('trash');
    expect(trashed).toMatch(new RegExp(`^snapshots/${name}\\.\\d{16}$`));
    expect(await readFile(join(source.directory, 'trash', trashed ?? ''), 'utf8')).toBe('gone');
  });

  test('a deleted object can be put, and deleted, again; both copies stay', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    const { id, bytes } = objectOf('again');
    for (const _ of [1, 2]) {
      expect(await store.put(id, bodyOf(bytes), 5)).toEqual({ kind: 'stored' });
      expect(await store.trash(id)).toBe('trashed');
    }
    expect(await store.trash(id)).toBe('absent');
    expect(await source.files('trash')).toHaveLength(2);
    expect(await store.usage()).toEqual({ live: { bytes: 0, objects: 0 }, trash: { bytes: 10, objects: 2 } });
  });

  test('a power cut between a deletion’s record and its move is finished by the next session', async () => {
    await using source = await sourceDirectory();
    const { id, bytes, name } = objectOf('half gone', 'index');
    await using first = await testStore(source.directory, { pid: 1 });
    await first.put(id, bodyOf(bytes), 9);
    await first.close();
    const journal = join(
      source.directory,
      'journal',
      (await source.files('journal')).find((file) => file.endsWith('.jsonl')) ?? '',
    );
    const record = { at: new Date().toISOString(), op: 'trash', type: 'index', name, size: 9 };
    await writeFile(journal, `${JSON.stringify(record)}\n`, { flag: 'a' });
    await using next = await testStore(source.directory, { pid: 2 });
    expect(await next.size(id)).toBeNull();
    expect(await source.files('trash')).toHaveLength(1);
  });
});

describe('list', () => {
  test('names every object of a type with its size, and nothing else', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory);
    const objects = ['one', 'two!', 'three'].map((text) => objectOf(text));
    for (const { id, bytes } of objects) await store.put(id, bodyOf(bytes), bytes.length);
    await writeFile(join(source.directory, 'repo/data/00/not-an-object'), 'x');
    const listed = (await Array.fromAsync(store.list('data'))).flat();
    expect(listed.toSorted((a, b) => a.size - b.size)).toEqual(
      objects.map(({ name, bytes }) => ({ name, size: bytes.length })).toSorted((a, b) => a.size - b.size),
    );
    expect(await Array.fromAsync(store.list('locks'))).toEqual([]);
  });
});

describe('quota', () => {
  test('an announced size past the quota is refused before the first byte, and room that comes back is usable', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory, { quotaBytes: 10 });
    let read = false;
    const unread = async function* () {
      read = true;
      yield Buffer.from('x');
    };
    expect(await store.put(objectOf('big').id, unread(), 11)).toEqual({ kind: 'full', what: 'quota' });
    expect(read).toBe(false);
    const { id, bytes } = objectOf('ten bytes!');
    expect(await store.put(id, bodyOf(bytes), 10)).toEqual({ kind: 'stored' });
    expect((await store.put(objectOf('1').id, bodyOf(Buffer.from('1')), 1)).kind).toBe('full');
  });

  test('an upload of unannounced size is stopped at the quota, with nothing left', async () => {
    await using source = await sourceDirectory();
    await using store = await testStore(source.directory, { quotaBytes: 10 });
    const { id, bytes } = objectOf('eleven byte');
    expect(await store.put(id, bodyOf(bytes, 3), null)).toEqual({ kind: 'full', what: 'quota' });
    expect(await source.files()).toEqual([]);
  });

  test('what another session stored counts at once', async () => {
    await using source = await sourceDirectory();
    await using first = await testStore(source.directory, { pid: 1, quotaBytes: 10, isAlive: () => true });
    await using second = await testStore(source.directory, { pid: 2, quotaBytes: 10, isAlive: () => true });
    const { id, bytes } = objectOf('eight by');
    await first.put(id, bodyOf(bytes), 8);
    expect((await second.put(objectOf('abc').id, bodyOf(Buffer.from('abc')), 3)).kind).toBe('full');
  });
});

describe('usage', () => {
  test('is kept over sessions by a checkpoint, and counted anew when that speaks of another journal', async () => {
    await using source = await sourceDirectory();
    const { id, bytes } = objectOf('counted');
    await using first = await testStore(source.directory);
    await first.put(id, bodyOf(bytes), 7);
    await first.close();
    const path = join(source.directory, 'journal/usage.json');
    const kept = JSON.parse(await readFile(path, 'utf8'));
    expect(kept.usage.live).toEqual({ bytes: 7, objects: 1 });

    await writeFile(path, JSON.stringify({ ...kept, seq: kept.seq + 1000, usage: { live: { bytes: 1, objects: 1 } } }));
    await using second = await testStore(source.directory);
    expect((await second.usage()).live).toEqual({ bytes: 7, objects: 1 });
  });
});
