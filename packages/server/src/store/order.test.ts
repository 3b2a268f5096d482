import { expect, test } from 'vitest';
import { bodyOf, objectOf, recordingDisk, sourceDirectory, testStore } from './testing.ts';

/** The calls since `from`, without the paths' random parts. */
const since = (calls: readonly string[], from: number, directory: string): readonly string[] =>
  calls.slice(from).map((call) =>
    call
      .replace(directory, '')
      .replace(/[0-9a-f]{64}/, 'NAME')
      .replace(/\d{4}-\d\d\.jsonl/, 'MONTH'),
  );

test('an upload is answered after file, folder and journal were synced, in this order', async () => {
  await using source = await sourceDirectory();
  const { calls, disk } = recordingDisk();
  await using store = await testStore(source.directory, { disk });
  const [first, second] = [objectOf('opens the journal'), objectOf('precious')];
  await store.put(first.id, bodyOf(first.bytes), first.bytes.length);
  const before = calls.length;
  const answer = await store.put(second.id, bodyOf(second.bytes), second.bytes.length);
  const answered = calls.length;
  expect(answer).toEqual({ kind: 'stored' });
  expect(since(calls.slice(0, answered), before, source.directory)).toEqual([
    'createFile /incoming/1001/2',
    'writev /incoming/1001/2',
    'sync /incoming/1001/2',
    `link /repo/data/${second.name.slice(0, 2)}/NAME`,
    `syncFolder /repo/data/${second.name.slice(0, 2)}`,
    'append /journal/MONTH',
    'sync /journal/MONTH',
  ]);
});

test('a deletion is recorded durably before it is made', async () => {
  await using source = await sourceDirectory();
  const { calls, disk } = recordingDisk();
  await using store = await testStore(source.directory, { disk });
  const { id, bytes } = objectOf('gone', 'index');
  await store.put(id, bodyOf(bytes), bytes.length);
  const before = calls.length;
  await store.trash(id);
  expect(since(calls, before, source.directory)).toEqual([
    'append /journal/MONTH',
    'sync /journal/MONTH',
    expect.stringMatching(/^rename \/trash\/index\/NAME\.\d{16}$/),
  ]);
});

test('deletions that arrive together share their syncs', async () => {
  await using source = await sourceDirectory();
  const { calls, disk } = recordingDisk();
  await using store = await testStore(source.directory, { disk });
  const objects = Array.from({ length: 50 }, (_, index) => objectOf(`pack ${index}`));
  for (const { id, bytes } of objects) await store.put(id, bodyOf(bytes), bytes.length);
  const before = calls.length;
  await Promise.all(objects.map(({ id }) => store.trash(id)));
  const syncs = since(calls, before, source.directory).filter((call) => call.startsWith('sync'));
  expect(syncs.length).toBeLessThanOrEqual(5);
});
