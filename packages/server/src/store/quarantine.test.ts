import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from './disk.ts';
import { layoutOf, livePath } from './layout.ts';
import { readPast } from './past/past.ts';
import { bodyOf, contentOf, objectOf, sourceDirectory, testStore } from './testing.ts';

const object = objectOf('right bytes');

test.each([
  ['flipped', 'wrong bytes'],
  ['cut short', 'right'],
  ['emptied', ''],
])('who sends the right bytes of an object that the disk has %s puts it right again', async (_how, damaged) => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory);
  await store.put(object.id, bodyOf(object.bytes), object.bytes.length);
  await writeFile(livePath(layoutOf(source.directory), object.id), damaged);

  expect(await store.put(object.id, bodyOf(object.bytes), object.bytes.length)).toEqual({ kind: 'stored' });
  expect(await contentOf(store, object.id)).toBe('right bytes');
  // The damaged file is evidence, and the journal knows of both.
  const [kept = ''] = await readdir(join(source.directory, 'quarantine/data'));
  expect(await readFile(join(source.directory, 'quarantine/data', kept), 'utf8')).toBe(damaged);
  const past = await readPast(nodeDisk, join(source.directory, 'journal'), { kind: 'time', at: Date.now() });
  expect([...past.objects.values()].map(({ id, where }) => [id, where.kind])).toEqual([[object.id, 'live']]);
});

test('sessions that put a damaged object right at the same time leave it right', async () => {
  await using source = await sourceDirectory();
  await using first = await testStore(source.directory, { pid: 1, isAlive: () => true });
  await using second = await testStore(source.directory, { pid: 2, isAlive: () => true });
  for (let round = 0; round < 30; round += 1) {
    const { id, bytes } = objectOf(`round ${round}`);
    await first.put(id, bodyOf(bytes), bytes.length);
    await writeFile(livePath(layoutOf(source.directory), id), 'rotten');
    const answers = await Promise.all([first, second].map((store) => store.put(id, bodyOf(bytes), bytes.length)));
    expect(answers.map(({ kind }) => kind).every((kind) => kind === 'stored' || kind === 'already')).toBe(true);
    expect(await contentOf(first, id)).toBe(`round ${round}`);
  }
});

test('config, which no hash proves, is not replaced by anybody', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory);
  const id = { type: 'config', name: 'config' } as const;
  await store.put(id, bodyOf(Buffer.from('one')), 3);
  expect(await store.put(id, bodyOf(Buffer.from('two')), 3)).toEqual({ kind: 'conflict' });
});
