import { expect, test } from 'vitest';
import { nodeMirrorDisk } from './disk.ts';
import { errnoOf, linklessDisk, testPhone, watchedDisk } from './testing.ts';
import { errnos, failEverywhere, killEverywhere } from './testing-faults.ts';

// Every single call, in faults.slow.test.ts.
test.each([
  ['a disk with second names for files', 5, nodeMirrorDisk],
  ['a disk without them', 20, linklessDisk()],
] as const)(
  'killed at some calls it makes of %s, the next pass completes, and nothing half is ever seen',
  async (_, first, kind) => {
    const wrap = kind === nodeMirrorDisk ? (disk: typeof nodeMirrorDisk) => disk : linklessDisk;
    expect(await killEverywhere(wrap, first, 37)).toBeGreaterThan(100);
  },
);

test.each(errnos)(
  '%s from some calls: no pass breaks, nothing half is seen, and the next one completes',
  async (code, errno) => {
    expect(await failEverywhere(code, errno, -errno, 61)).toBeGreaterThan(20);
  },
);

test('a disk that is full stops the pass at once, and what follows comes when there is room', async () => {
  using phone = testPhone();
  for (let at = 0; at < 20; at += 1) phone.write(`${at}.jpg`, 'x'.repeat(1000));
  let [room, tries] = [5, 0];
  const disk = watchedDisk((call, path) => {
    if (call !== 'write' || !path.includes('/incoming/') || path.endsWith('/0')) return;
    tries += 1;
    if (room === 0) throw errnoOf('ENOSPC', -28);
    room -= 1;
  });
  const first = await phone.pass({ disk });
  expect(first).toMatchObject({ outcome: 'full', copied: 5, files: 5, failed: 0 });
  expect(first.firstFailure).toBe('no space left on device (ENOSPC in test)');
  expect(tries).toBe(6);
  expect(Object.values(phone.files())).toEqual(Array.from({ length: 5 }, () => 'x'.repeat(1000)));
  expect((await phone.pass({ disk })).firstFailure).toBe(first.firstFailure);
  room = 100;
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 15, firstFailure: null });
});

test('what must stay free stays free, and what is small enough still comes', async () => {
  using phone = testPhone({ floorBytes: 1000 });
  phone.write('big.mp4', 'x'.repeat(500));
  phone.write('small.jpg', 'x'.repeat(50));
  const disk = { ...nodeMirrorDisk, space: () => ({ totalBytes: 1_000_000, freeBytes: 1100 }) };
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'full', copied: 1, failed: 0 });
  expect(Object.keys(phone.files())).toEqual(['small.jpg']);
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 1 });
});

test('a file is on the disk before it has its name, its folder before the index says so, an old version before its name is another’s', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  const calls: string[] = [];
  const names = ['create', 'fileSync', 'link', 'rename', 'sync', 'unlink'];
  const disk = watchedDisk((call, path) => {
    if (names.includes(call) && !path.includes('.berth/id') && !path.endsWith('/0'))
      calls.push(`${call} ${path.slice(phone.target.length)}`);
  });
  await phone.pass({ disk });
  const firstCopy = calls.indexOf('create /.berth/incoming/1');
  expect(calls.slice(firstCopy)).toEqual([
    ...['create /.berth/incoming/1', 'fileSync /.berth/incoming/1', 'link /DCIM/a.jpg', 'unlink /.berth/incoming/1'],
    ...['sync ', 'sync /DCIM'],
  ]);
  phone.write('DCIM/a.jpg', 'two');
  calls.length = 0;
  await phone.pass({ disk });
  const day = new Date().toISOString().slice(0, 10);
  expect(calls).toEqual([
    ...['create /.berth/incoming/1', 'fileSync /.berth/incoming/1', `link /.versions/${day}/DCIM/a.jpg`],
    ...['sync /.versions', `sync /.versions/${day}`, `sync /.versions/${day}/DCIM`, 'rename /DCIM/a.jpg', 'sync /DCIM'],
  ]);
});
