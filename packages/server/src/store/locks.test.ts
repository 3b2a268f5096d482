import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bodyOf, faultyDisk, objectOf, sourceDirectory, testStore } from './testing.ts';

const lock = objectOf('a lock', 'locks');
const lockPath = `locks/${lock.name}`;

test('a lock goes with the session that left it', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory);
  await store.put(lock.id, bodyOf(lock.bytes), lock.bytes.length);
  expect(await source.files('repo')).toEqual([lockPath]);
  await store.close();
  expect(await source.files('repo')).toEqual([]);
  expect(await source.files('trash')).toEqual([expect.stringMatching(/^locks\/[0-9a-f]{64}\.\d{16}$/)]);
});

test('a lock stays while any session of its source lives, and goes with the next one that is alone', async () => {
  await using source = await sourceDirectory();
  const killed = await testStore(source.directory, { pid: 1 });
  await killed.put(lock.id, bodyOf(lock.bytes), lock.bytes.length);
  await using other = await testStore(source.directory, { pid: 2, isAlive: (pid) => pid === 1 });
  expect(await source.files('repo')).toEqual([lockPath]);
  await other.close();
  expect(await source.files('repo')).toEqual([lockPath]);
  // Number 1 was killed meanwhile.
  await using _next = await testStore(source.directory, { pid: 3, isAlive: () => false });
  expect(await source.files('repo')).toEqual([]);
});

test('a lock of a restic on the server itself, which has no session, is left alone', async () => {
  await using source = await sourceDirectory();
  await using first = await testStore(source.directory);
  await first.close();
  await writeFile(join(source.directory, 'repo', lockPath), lock.bytes);
  await using _second = await testStore(source.directory);
  expect(await source.files('repo')).toEqual([lockPath]);
});

test('on a full disk a lock that can not be recorded keeps nobody from reading', async () => {
  await using source = await sourceDirectory();
  const full = faultyDisk({ call: 'append', code: 'ENOSPC', when: () => true });
  const killed = await testStore(source.directory, { pid: 1 });
  await killed.put(lock.id, bodyOf(lock.bytes), lock.bytes.length);
  await using reader = await testStore(source.directory, { pid: 2, disk: full });
  expect(await reader.size(lock.id)).toBe(lock.bytes.length);
});

test('a source has a place for 64 locks and not for more', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory);
  const locks = Array.from({ length: 65 }, (_, index) => objectOf(`lock ${index}`, 'locks'));
  const kinds: string[] = [];
  for (const { id, bytes } of locks) kinds.push((await store.put(id, bodyOf(bytes), bytes.length)).kind);
  expect(kinds.slice(0, 64)).toEqual(Array.from({ length: 64 }, () => 'stored'));
  expect(kinds[64]).toBe('too-many-locks');
});
