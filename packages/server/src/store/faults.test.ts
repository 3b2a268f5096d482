import { describe, expect, test } from 'vitest';
import { nodeDisk } from './disk.ts';
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
  // Its own line can be read in the journal, and nobody knows whether it is on the disk.
  await expect(store.put(one.id, bodyOf(one.bytes), 3)).rejects.toThrow('EIO');
});

test('after a failed fsync of the journal’s folder, or of looking at its file, no month is written that a power cut takes', async () => {
  for (const [call, times] of [
    ['syncFolder', 1],
    ['openAppend', 0],
  ] as const) {
    await using source = await sourceDirectory();
    let failing = true;
    const calls: string[] = [];
    const disk = faultyDisk({
      call,
      code: 'EIO',
      when: (path) => failing && path.includes('/journal'),
      seen: (name, path) => path.includes('/journal') && calls.push(name),
    });
    await using store = await testStore(source.directory, { disk });
    const { id, bytes } = objectOf('one');
    await expect(store.put(id, bodyOf(bytes), 3)).rejects.toThrow('EIO');
    failing = false;
    const again = await store.put(id, bodyOf(bytes), 3).then(
      ({ kind }) => kind,
      () => 'refused',
    );
    // A sync that failed is not tried again; what failed before it is.
    expect([call, again]).toEqual([call, times === 1 ? 'refused' : 'stored']);
    expect(calls.indexOf('append') === -1 || calls.indexOf('syncFolder') < calls.indexOf('append')).toBe(true);
  }
});

test('a session that finds an object linked waits for the record of who linked it, and counts it once', async () => {
  await using source = await sourceDirectory();
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = { ...nodeDisk, syncFolder: (path: string) => gate.then(() => nodeDisk.syncFolder(path)) };
  const isAlive = () => true;
  await using _made = await testStore(source.directory, { pid: 6, isAlive });
  await using first = await testStore(source.directory, { pid: 7, isAlive, disk: slow });
  await using second = await testStore(source.directory, { pid: 8, isAlive });
  const { id, bytes } = objectOf('raced');
  const winning = first.put(id, bodyOf(bytes), 5);
  await expect.poll(() => second.size(id)).toBe(5);
  const coming = second.put(id, bodyOf(bytes), 5);
  setTimeout(release, 30);
  expect([await winning, await coming]).toEqual([{ kind: 'stored' }, { kind: 'already' }]);
  expect((await second.usage()).live).toEqual({ bytes: 5, objects: 1 });
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
