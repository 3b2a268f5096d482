import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { type Disk, nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import type { Store } from '../open.ts';
import { type OpenContext, openContext } from '../open-context.ts';
import type { Change, Mark } from '../record.ts';
import { parseSeq } from '../seq.ts';
import { bodyOf, faultyDisk, objectOf, sourceDirectory, testStore } from '../testing.ts';
import { planPurge } from './plan.ts';
import { purge } from './purge.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 1, 2);
let now = start;
beforeEach(() => {
  now = start;
});
const clock = (): Date => new Date(now);
const rules = { protectMs: 30 * day, share: 0.5, clockSettledAt: null };
const never = new AbortController().signal;

/** Every session that has registered lives, since each is of this process. */
const isAlive = (): boolean => true;
const open = (directory: string, { pid = 2002, disk = nodeDisk } = {}): Promise<OpenContext> =>
  openContext({
    ...{ directory, disk, now: clock, pid, isAlive, presence: 'shared' },
    ...{ quotaBytes: null, floorBytes: null },
  });
const purged = async (directory: string, options: { readonly disk?: Disk; readonly signal?: AbortSignal } = {}) => {
  await using opened = await open(directory, options);
  return await purge(opened.context, { ...rules, now }, { signal: options.signal ?? never });
};
const planned = (directory: string) => planPurge({ disk: nodeDisk, layout: layoutOf(directory) }, { ...rules, now });
const record = async (directory: string, ...what: readonly (Change | Mark)[]): Promise<void> => {
  await using opened = await open(directory);
  for (const each of what) await opened.context.record(each);
};
const store = (directory: string): Promise<Store> => testStore(directory, { now: clock, isAlive });
const put = async (into: Store, text: string) => {
  const object = objectOf(text);
  await into.put(object.id, bodyOf(object.bytes), null);
  return object;
};
/** Ten objects that stay, and `texts` trashed a minute after another. */
const withTrash = async (directory: string, ...texts: readonly string[]): Promise<void> => {
  await using source = await store(directory);
  for (let kept = 0; kept < 10; kept += 1) await put(source, `kept ${kept}`);
  for (const text of texts) {
    const { id } = await put(source, text);
    now += 60_000;
    await source.trash(id);
  }
};

describe('a purge', () => {
  test('takes what was trashed longer ago than it is protected, and nothing a minute early', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, 'one', 'two');
    now = start + 60_000 + 30 * day;
    expect(await purged(source.directory)).toMatchObject({ objects: 0, bytes: 0 });
    now += 60_000;
    const found = await purged(source.directory);
    expect(found).toMatchObject({ objects: 1, bytes: 3, plan: { waiting: { objects: 1, bytes: 3, undated: 0 } } });
    expect(found.plan.waiting.oldestDueAt).toBe(start + 2 * 60_000 + 30 * day);
    expect(await source.files('trash')).toHaveLength(1);
    await using after = await store(source.directory);
    expect(await after.usage()).toMatchObject({ live: { objects: 10 }, trash: { objects: 1, bytes: 3 } });
  });

  test('records before it removes, so that what a crash left is removed by the next', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, 'one', 'two', 'three');
    now += 31 * day;
    const failing: Disk = {
      ...nodeDisk,
      unlink: (path) => (path.includes('/trash/') ? fail() : nodeDisk.unlink(path)),
    };
    await expect(purged(source.directory, { disk: failing })).rejects.toThrow('EIO');
    expect(await source.files('trash')).toHaveLength(3);
    const again = await planned(source.directory);
    expect(again.left.length + again.due.length).toBe(3);
    expect(again.left.length).toBeGreaterThan(0);
    expect(await purged(source.directory)).toMatchObject({ objects: again.due.length });
    expect(await source.files('trash')).toEqual([]);
    await using after = await store(source.directory);
    expect(await after.usage()).toMatchObject({ trash: { objects: 0, bytes: 0 } });
  });

  test('removes nothing when its record can not be written', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, 'one');
    now += 31 * day;
    const disk = faultyDisk({ call: 'sync', code: 'EIO', when: (path) => path.endsWith('.jsonl') });
    await expect(purged(source.directory, { disk })).rejects.toThrow('EIO');
    expect(await source.files('trash')).toHaveLength(1);
  });

  test('goes on beside a session that stores and deletes', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, 'one');
    now += 31 * day;
    await using session = await testStore(source.directory, { now: clock, pid: 3003, isAlive });
    const { id } = await put(session, 'fresh');
    await using opened = await open(source.directory);
    const [found] = await Promise.all([purge(opened.context, { ...rules, now }, { signal: never }), session.trash(id)]);
    expect(found.objects).toBe(1);
    expect(await session.usage()).toMatchObject({ trash: { objects: 1 } });
  });

  test('gives way to another purge of the source, so that nothing is counted twice', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, 'one', 'two', 'three');
    now += 31 * day;
    await using one = await open(source.directory, { pid: 11 });
    await using other = await open(source.directory, { pid: 22 });
    const both = await Promise.allSettled(
      [one, other].map(({ context }) => purge(context, { ...rules, now }, { signal: never })),
    );
    for (const each of both) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'source-busy' });
    await purge(one.context, { ...rules, now }, { signal: never });
    await one.context.journal.catchUp();
    const months = (await source.files('journal')).filter((name) => name.endsWith('.jsonl'));
    const texts = await Promise.all(months.map((name) => readFile(join(source.directory, 'journal', name), 'utf8')));
    expect(texts.join('').match(/"op":"purge"/g)).toHaveLength(3);
    expect(one.context.usage().trash).toEqual({ objects: 0, bytes: 0 });
    expect(one.context.usage().live.objects).toBe(10);
  });

  test('stops when it is told to, and the next one does the rest', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, ...Array.from({ length: 100 }, (_, index) => `object ${index}`));
    await record(source.directory, { op: 'release' });
    now += 31 * day;
    const stopping = new AbortController();
    await using opened = await open(source.directory);
    const onStep = (): void => stopping.abort();
    const { objects } = await purge(opened.context, { ...rules, now }, { signal: stopping.signal, onStep });
    expect(objects).toBeLessThanOrEqual(64);
    const rest = await purge(opened.context, { ...rules, now }, { signal: never });
    expect(objects + rest.objects).toBe(100);
  });

  test('takes nothing of a source that removed too much within a day, until that was released', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, ...Array.from({ length: 20 }, (_, index) => `object ${index}`));
    await using session = await store(source.directory);
    for (let kept = 0; kept < 10; kept += 1) await session.trash(objectOf(`kept ${kept}`).id);
    now += 300 * day;
    expect(await purged(source.directory)).toMatchObject({ objects: 0, plan: { frozen: { what: 'bytes' } } });
    expect(await source.files('trash')).toHaveLength(30);
    await record(source.directory, { op: 'release' });
    expect(await purged(source.directory)).toMatchObject({ objects: 30, plan: { frozen: null } });
  });

  test('leaves alone what came back from the trash, and what is not in the journal', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory, 'one');
    const [file = ''] = await readdir(join(source.directory, 'trash', 'data'));
    const { id } = objectOf('one');
    await using opened = await open(source.directory);
    const of = parseSeq(Number(file.split('.')[1]));
    if (of === null) throw new Error('a file in the trash bears its place');
    await opened.context.record({ op: 'restore', id, size: 3, of });
    const foreign = join(source.directory, 'trash', 'data', `${id.name}.2026110000000000`);
    await writeFile(foreign, 'x');
    now += 300 * day;
    expect(await purge(opened.context, { ...rules, now }, { signal: never })).toMatchObject({ objects: 0 });
    expect(await source.files('trash')).toHaveLength(2);
  });
});

describe('by the clock', () => {
  test('that was behind while it was trashed, nothing goes before an admin confirmed the time, nor soon after', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory);
    now = start - 3650 * day;
    await using session = await store(source.directory);
    await session.trash(objectOf('kept 1').id);
    now = start + 100 * day;
    expect(await purged(source.directory)).toMatchObject({ objects: 0, plan: { waiting: { undated: 1 } } });
    await record(source.directory, { op: 'clock' });
    now += 30 * day;
    expect(await purged(source.directory)).toMatchObject({ objects: 0, plan: { waiting: { undated: 0 } } });
    now += day;
    expect(await purged(source.directory)).toMatchObject({ objects: 1 });
  });

  test('that was ahead, it waits for what the journal says, or for the confirmation', async () => {
    await using source = await sourceDirectory();
    await withTrash(source.directory);
    now = start + 3650 * day;
    await using session = await store(source.directory);
    await session.trash(objectOf('kept 1').id);
    now = start + 100 * day;
    expect(await purged(source.directory)).toMatchObject({ objects: 0 });
    await record(source.directory, { op: 'clock' });
    now += 31 * day;
    expect(await purged(source.directory)).toMatchObject({ objects: 1 });
  });
});

test('after a jump of the clock that ended by itself, everything is as young as that, once', async () => {
  await using source = await sourceDirectory();
  await withTrash(source.directory, 'one');
  now = start + 40 * day;
  const clockSettledAt = now - 5 * day;
  const purgeNow = async () => {
    await using opened = await open(source.directory);
    return await purge(opened.context, { ...rules, now, clockSettledAt }, { signal: never });
  };
  expect(
    await planPurge({ disk: nodeDisk, layout: layoutOf(source.directory) }, { ...rules, now, clockSettledAt }),
  ).toMatchObject({
    ...{ due: [], needsClock: true },
  });
  expect(await purgeNow()).toMatchObject({ objects: 0, plan: { needsClock: false } });
  now += 30 * day;
  expect(await purgeNow()).toMatchObject({ objects: 0 });
  now += 1;
  expect(await purgeNow()).toMatchObject({ objects: 1 });
});

test('what is in quarantine stays as evidence as long as the trash does, and then goes without a record', async () => {
  await using source = await sourceDirectory();
  await withTrash(source.directory);
  const { id } = objectOf('kept 1');
  const contexts = async (work: (context: Context) => Promise<unknown>): Promise<void> => {
    await using opened = await open(source.directory);
    await work(opened.context);
  };
  await contexts(async (context) => {
    const seq = await context.record({ op: 'quarantine', id, size: 6, of: null });
    await writeFile(join(source.directory, 'quarantine', 'data', `${id.name}.${seq}`), 'broken');
  });
  now += 30 * day;
  await purged(source.directory);
  expect(await source.files('quarantine')).toHaveLength(1);
  now += day;
  const journal = await source.files('journal');
  expect(await purged(source.directory)).toMatchObject({ objects: 0 });
  expect(await source.files('quarantine')).toEqual([]);
  expect(await source.files('journal')).toEqual(journal);
});

const fail = (): Promise<never> => Promise.reject(Object.assign(new Error('EIO: unlink'), { code: 'EIO' }));
