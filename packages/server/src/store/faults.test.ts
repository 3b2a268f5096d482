import { describe, expect, test } from 'vitest';
import { bodyOf, contentOf, faultyDisk, objectOf, sourceDirectory, testStore } from './testing.ts';

/** Each place of a put where the disk can fail, in the order it comes to them. */
const places = [
  ['createFile', '/incoming/'],
  ['writev', '/incoming/'],
  ['sync', '/incoming/'],
  ['link', '/repo/'],
  ['syncFolder', '/repo/data/'],
  ['openAppend', '/journal/'],
  ['append', '/journal/'],
  ['sync', '/journal/'],
] as const;

describe.each(['ENOSPC', 'EIO'])('%s', (code) => {
  test.each(places)(
    'in %s of %s is never answered as success, and leaves no object that is not whole',
    async (call, part) => {
      await using source = await sourceDirectory();
      let failing = true;
      const disk = faultyDisk({ call, code, when: (path) => failing && path.includes(part) });
      await using store = await testStore(source.directory, { disk });
      const { id, bytes } = objectOf('precious');
      const attempt = store.put(id, bodyOf(bytes), bytes.length);
      if (code === 'ENOSPC') expect(await attempt).toEqual({ kind: 'full', what: 'disk' });
      else await expect(attempt).rejects.toThrow('EIO');
      expect(await source.files('incoming')).toEqual([]);

      failing = false;
      await using next = await testStore(source.directory, { pid: 1002, isAlive: () => true });
      expect(['stored', 'already']).toContain((await next.put(id, bodyOf(bytes), bytes.length)).kind);
      expect(await contentOf(next, id)).toBe('precious');
      expect((await next.usage()).live).toEqual({ bytes: 8, objects: 1 });
    },
  );
});

test('after a failed fsync of the journal the session answers for nothing more', async () => {
  await using source = await sourceDirectory();
  let failing = true;
  const disk = faultyDisk({ call: 'sync', code: 'EIO', when: (path) => failing && path.includes('/journal/') });
  await using store = await testStore(source.directory, { disk });
  const [one, other] = [objectOf('one'), objectOf('other')];
  await expect(store.put(one.id, bodyOf(one.bytes), 3)).rejects.toThrow('EIO');
  failing = false;
  await expect(store.put(other.id, bodyOf(other.bytes), 5)).rejects.toThrow('EIO');
});

test('a deletion that cannot be recorded does not happen', async () => {
  await using source = await sourceDirectory();
  let failing = false;
  const disk = faultyDisk({ call: 'append', code: 'EIO', when: (path) => failing && path.includes('/journal/') });
  await using store = await testStore(source.directory, { disk });
  const { id, bytes } = objectOf('stays');
  await store.put(id, bodyOf(bytes), 5);
  failing = true;
  await expect(store.trash(id)).rejects.toThrow('EIO');
  expect(await contentOf(store, id)).toBe('stays');
});

test('what dead sessions left in incoming is removed, what living ones are sending is not', async () => {
  await using source = await sourceDirectory();
  await using living = await testStore(source.directory, { pid: 7 });
  const { id, bytes } = objectOf('still coming');
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = async function* () {
    yield bytes.subarray(0, 5);
    await gate;
    yield bytes.subarray(5);
  };
  const upload = living.put(id, slow(), bytes.length);
  await expect.poll(() => source.files('incoming')).toEqual(['7/1']);
  await using _newcomer = await testStore(source.directory, { pid: 8, isAlive: (pid) => pid === 7 });
  expect(await source.files('incoming')).toEqual(['7/1']);
  release();
  expect(await upload).toEqual({ kind: 'stored' });
});
