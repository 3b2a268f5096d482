import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { nodeDisk } from '../store/disk.ts';
import { bodyOf, objectOf, sourceDirectory, testStore } from '../store/testing.ts';
import { bytes } from './amount.ts';
import { reviewJob } from './review.ts';

const start = Date.UTC(2026, 10, 14, 2);
const minuteMs = 60_000;

const reviewed = (directory: string, now: number, quotaBytes: number | null = null) =>
  reviewJob.run(
    {
      ...{ directory, disk: nodeDisk, now: () => new Date(now), pid: 1, isAlive: () => false },
      ...{ signal: new AbortController().signal, progress: () => undefined },
      told: () => Readable.from([]),
    },
    { brake: 0.5, quotaBytes: bytes.nullable().parse(quotaBytes) },
  );
const snapshots = Array.from({ length: 5 }, (_, index) => objectOf(`snapshot ${index}`, 'snapshots'));

test('a source in order has no findings, and its locks have an age', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory, { now: () => new Date(start) });
  for (const { id, bytes: body } of [...snapshots, objectOf('lock', 'locks')]) await store.put(id, bodyOf(body), null);
  expect(await reviewed(source.directory, start + 90 * minuteMs)).toMatchObject({
    ...{ findings: [], frozen: null, snapshots: 5 },
    ...{ usage: { live: { objects: 6 }, trash: { objects: 0 } }, locks: { count: 1, oldestAgeMs: 90 * minuteMs } },
  });
});

test('the last snapshot is the last that arrived, and neither what was deleted nor a lock changes that', async () => {
  await using source = await sourceDirectory();
  let at = start;
  await using store = await testStore(source.directory, { now: () => new Date(at) });
  const none = { lastSnapshotAt: null, oldestSnapshotAt: null, newestSnapshotAt: null };
  expect(await reviewed(source.directory, at)).toMatchObject(none);
  for (const { id, bytes: body } of snapshots.slice(0, 2)) {
    at += minuteMs;
    await store.put(id, bodyOf(body), null);
  }
  expect(await reviewed(source.directory, at)).toMatchObject({
    oldestSnapshotAt: new Date(start + minuteMs).toISOString(),
    newestSnapshotAt: new Date(start + 2 * minuteMs).toISOString(),
  });
  at += 60 * minuteMs;
  const lock = objectOf('lock', 'locks');
  await store.put(lock.id, bodyOf(lock.bytes), null);
  for (const { id } of snapshots.slice(0, 2)) await store.trash(id);
  expect(await reviewed(source.directory, at)).toMatchObject({
    snapshots: 0,
    lastSnapshotAt: new Date(start + 2 * minuteMs).toISOString(),
  });
});

test('a mass deletion is critical, and names what went and both ways on', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory, { now: () => new Date(start) });
  for (const { id, bytes: body } of snapshots) await store.put(id, bodyOf(body), null);
  for (const { id } of snapshots) await store.trash(id);
  const { findings, frozen } = await reviewed(source.directory, start);
  expect(frozen).toMatchObject({ what: 'snapshots', share: 1, since: '2026-11-14T02:00:00.000Z' });
  expect(findings).toMatchObject([{ key: 'mass-delete', severity: 'critical' }]);
  expect(findings[0]?.text).toContain(
    '100% of its snapshots were deleted within a day: 5 snapshots and 0 other objects',
  );
  expect(findings[0]?.remedy).toMatch(/rewind berth-store-\S+ --to \d{16} --dry-run.*release berth-store-/);
});

test.each([
  [1000, []],
  [100, ['quota-80 warning']],
  [90, ['quota-95 critical']],
])('of a quota of %i bytes, 50 live and 36 in the trash are %j', async (quota, expected) => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory);
  const [kept, gone] = [objectOf('k'.repeat(50)), objectOf('g'.repeat(36))];
  for (const { id, bytes: body } of [kept, gone]) await store.put(id, bodyOf(body), null);
  await store.trash(gone.id);
  const { findings } = await reviewed(source.directory, Date.now(), quota);
  expect(findings.map(({ key, severity }) => `${key} ${severity}`)).toEqual(expected);
});
