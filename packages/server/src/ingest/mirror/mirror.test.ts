import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type MirrorDisk, nodeMirrorDisk } from './disk.ts';
import { errnoOf, testPhone, watchedDisk } from './testing.ts';

const day = new Date().toISOString().slice(0, 10);
const version = (path: string, count = ''): string => `.versions/${day}${count}/${path}`;

test('a new file is copied with its time of change, and a second pass does nothing', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  utimesSync(phone.inIngest('DCIM/a.jpg'), 1_500_000_000, 1_500_000_000);
  expect(await phone.pass()).toMatchObject({ outcome: 'done', files: 1, bytes: 3, copied: 1, copiedBytes: 3 });
  expect(phone.files()).toEqual({ 'DCIM/a.jpg': 'one' });
  expect(statSync(phone.inTarget('DCIM/a.jpg')).mtimeMs).toBe(1_500_000_000_000);
  const opened: string[] = [];
  const disk = watchedDisk((call, path) => ['openRead', 'create'].includes(call) && opened.push(path));
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', files: 1, copied: 0, newlyGone: 0, failed: 0 });
  expect(opened.filter((path) => !path.endsWith('.berth/id'))).toEqual([]);
});

test('a time of change before 1970 is kept too', async () => {
  using phone = testPhone();
  phone.write('old.jpg', 'one');
  utimesSync(phone.inIngest('old.jpg'), new Date(-86_400_000), new Date(-86_400_000));
  await phone.pass();
  expect(statSync(phone.inTarget('old.jpg')).mtimeMs).toBe(-86_400_000);
});

test('what has not settled waits, but not for what claims to be of a day to come', async () => {
  using phone = testPhone({ settleMs: 60_000 });
  phone.write('a.jpg', 'one');
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 0, unsettled: 1 });
  expect(phone.files()).toEqual({});
  expect(await phone.pass({ now: () => new Date(Date.now() - 86_400_000) })).toMatchObject({ copied: 1 });
});

test('an edit keeps the older version, each time and on the same day too, also when a file is cut to nothing', async () => {
  using phone = testPhone();
  for (const content of ['original', '', 'edited', 'again!']) {
    phone.write('DCIM/a.jpg', content);
    expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 1, versions: content === 'original' ? 0 : 1 });
  }
  expect(phone.files()).toEqual({
    'DCIM/a.jpg': 'again!',
    [version('DCIM/a.jpg')]: 'original',
    [version('DCIM/a.jpg', '.2')]: '',
    [version('DCIM/a.jpg', '.3')]: 'edited',
  });
});

test('other bytes of the same size and time are noticed', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  utimesSync(phone.inIngest('a.jpg'), 1_500_000_000, 1_500_000_000);
  await phone.pass();
  writeFileSync(phone.inIngest('a.jpg'), 'two');
  utimesSync(phone.inIngest('a.jpg'), 1_500_000_000, 1_500_000_000);
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 1 });
  expect(phone.files()).toEqual({ 'a.jpg': 'two', [version('a.jpg')]: 'one' });
});

test('a file that was only touched makes no version, and takes its new time along', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  const { ino } = statSync(phone.inTarget('a.jpg'));
  utimesSync(phone.inIngest('a.jpg'), 1_600_000_000, 1_600_000_000);
  expect(await phone.pass()).toMatchObject({ copied: 0, versions: 0, failed: 0 });
  expect(statSync(phone.inTarget('a.jpg'))).toMatchObject({ ino, mtimeMs: 1_600_000_000_000 });
  expect(await phone.pass()).toMatchObject({ copied: 0 });
});

test('what the phone deletes stays, and is taken up again when it comes back', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  phone.write('DCIM/b.jpg', 'two');
  await phone.pass();
  phone.remove('DCIM/a.jpg');
  expect(await phone.pass()).toMatchObject({ newlyGone: 1, gone: 1, files: 2, day: { gone: 1 } });
  phone.remove('DCIM');
  expect(await phone.pass()).toMatchObject({ newlyGone: 1, gone: 2 });
  expect(phone.files()).toEqual({ 'DCIM/a.jpg': 'one', 'DCIM/b.jpg': 'two' });
  phone.write('DCIM/a.jpg', 'one');
  expect(await phone.pass()).toMatchObject({ copied: 0, versions: 0, gone: 1, files: 2 });
  phone.write('DCIM/b.jpg', 'other');
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 1, gone: 0 });
  expect(phone.files()).toEqual({ 'DCIM/a.jpg': 'one', 'DCIM/b.jpg': 'other', [version('DCIM/b.jpg')]: 'two' });
});

test('a file with the same inode, size and times that was gone is simply back', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  phone.write('b.jpg', 'two');
  await phone.pass();
  renameSync(phone.inIngest('DCIM'), join(phone.top, 'elsewhere'));
  expect(await phone.pass()).toMatchObject({ newlyGone: 1, gone: 1 });
  renameSync(join(phone.top, 'elsewhere'), phone.inIngest('DCIM'));
  expect(await phone.pass()).toMatchObject({ copied: 0, gone: 0 });
});

test('a rename on the phone is a new file, the old one stays, and no delete is told of', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  renameSync(phone.inIngest('a.jpg'), phone.inIngest('b.jpg'));
  expect(await phone.pass()).toMatchObject({ copied: 1, newlyGone: 1, gone: 1, day: { gone: 0 }, storm: null });
  expect(phone.files()).toEqual({ 'a.jpg': 'one', 'b.jpg': 'one' });
});

test.each(['longer', 'two'])('what changes while it is copied is left for the next pass: %s', async (content) => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  let times = 0;
  const disk = watchedDisk((call, path) => {
    if (call !== 'write' || !path.endsWith('/incoming/1')) return;
    times += 1;
    writeFileSync(phone.inIngest('a.jpg'), content);
  });
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 0, unsettled: 1 });
  expect([times > 0, phone.files()]).toEqual([true, {}]);
  expect(await phone.pass()).toMatchObject({ copied: 1 });
  expect(phone.files()).toEqual({ 'a.jpg': content });
});

test('a delete of nearly everything changes nothing in the mirror, and is a storm for a day', async () => {
  using phone = testPhone();
  for (let at = 0; at < 60; at += 1) phone.write(`DCIM/${at}.jpg`, `photo ${at}`);
  const start = Date.now();
  await phone.pass();
  for (let at = 0; at < 55; at += 1) phone.remove(`DCIM/${at}.jpg`);
  const files = phone.files();
  expect(await phone.pass()).toMatchObject({ outcome: 'done', newlyGone: 55, storm: { gone: 55, of: 60 } });
  expect(await phone.pass()).toMatchObject({ newlyGone: 0, gone: 55, storm: { gone: 55, of: 60 } });
  expect(await phone.pass({ now: () => new Date(start + 25 * 3_600_000) })).toMatchObject({ gone: 55, storm: null });
  expect(phone.files()).toEqual(files);
});

test('the counts of a day are those of all its passes', async () => {
  using phone = testPhone();
  const start = Date.now();
  const at = (hours: number) => ({ now: () => new Date(start + hours * 3_600_000) });
  phone.write('a.jpg', 'one');
  expect((await phone.pass(at(0))).day).toEqual({ copied: 1, copiedBytes: 3, versions: 0, gone: 0 });
  phone.write('a.jpg', 'other');
  expect((await phone.pass(at(12))).day).toEqual({ copied: 2, copiedBytes: 8, versions: 1, gone: 0 });
  phone.remove('a.jpg');
  expect((await phone.pass(at(23))).day).toEqual({ copied: 2, copiedBytes: 8, versions: 1, gone: 1 });
  expect((await phone.pass(at(25))).day).toEqual({ copied: 1, copiedBytes: 5, versions: 1, gone: 1 });
  expect((await phone.pass(at(50))).day).toEqual({ copied: 0, copiedBytes: 0, versions: 0, gone: 0 });
});

test('what a clock says that was years ahead is not told of for years', async () => {
  using phone = testPhone();
  for (let at = 0; at < 60; at += 1) phone.write(`${at}.jpg`, `photo ${at}`);
  const ahead = { now: () => new Date(Date.now() + 15 * 365 * 86_400_000) };
  await phone.pass(ahead);
  for (let at = 0; at < 55; at += 1) phone.remove(`${at}.jpg`);
  expect(await phone.pass(ahead)).toMatchObject({ day: { copied: 60, gone: 55 }, storm: { gone: 55 } });
  expect(await phone.pass()).toMatchObject({ gone: 55, day: { copied: 0, gone: 0 }, storm: null });
});

test('two passes never work at once', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  const [one, other] = await Promise.allSettled([phone.pass(), phone.pass()]);
  expect([one.status, other.status].sort()).toEqual(['fulfilled', 'rejected']);
  expect([one, other].find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'busy' } });
});

test('a pass that is told to end ends with what it had copied, and the next goes on', async () => {
  using phone = testPhone();
  for (const name of ['a', 'b', 'c']) phone.write(name, name);
  const stopping = new AbortController();
  let links = 0;
  const disk = watchedDisk((call) => {
    if (call === 'link') links += 1;
    if (links === 2) stopping.abort();
  });
  expect(await phone.pass({ disk, signal: stopping.signal })).toMatchObject({
    outcome: 'stopped',
    copied: 1,
    files: 1,
  });
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 2, files: 3 });
});

test('a big file is not finished first when a pass is told to end', async () => {
  using phone = testPhone();
  phone.write('video.mp4', '');
  truncateSync(phone.inIngest('video.mp4'), 64 * 1024 ** 2);
  const stopping = new AbortController();
  const disk = { ...watchedDisk((call) => call === 'write' && stopping.abort()), clone: () => false };
  expect(await phone.pass({ disk, signal: stopping.signal })).toMatchObject({ outcome: 'stopped', copied: 0 });
  expect(phone.files()).toEqual({});
});

test('by date, a photo lies in its month, keeps it when it is edited, and moves with nothing', async () => {
  using phone = testPhone({ layout: 'by-date', timeZone: 'UTC' });
  const may = new Date('2024-05-03T12:00:00Z');
  const put = (name: string, content: string, date: Date): void => {
    phone.write(name, content);
    utimesSync(phone.inIngest(name), date, date);
  };
  put('DCIM/a.jpg', 'one', may);
  put('Pictures/a.jpg', 'two', may);
  expect(await phone.pass()).toMatchObject({ copied: 2, renamed: 1 });
  expect(phone.files()).toEqual({ '2024/05/a.jpg': 'one', '2024/05/a~2.jpg': 'two' });
  put('DCIM/a.jpg', 'edited', new Date('2026-01-01T12:00:00Z'));
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 1 });
  expect(phone.files()).toMatchObject({ '2024/05/a.jpg': 'edited', [version('2024/05/a.jpg')]: 'one' });
  // Moved on the phone: its bytes lie where they belong.
  put('DCIM/b.jpg', 'three', may);
  await phone.pass();
  mkdirSync(phone.inIngest('Album'));
  renameSync(phone.inIngest('DCIM/b.jpg'), phone.inIngest('Album/b.jpg'));
  expect(await phone.pass()).toMatchObject({ copied: 0, files: 3, gone: 0 });
});

test.each([
  ['group', 0o100640, 0o42750],
  ['all', 0o100644, 0o40755],
] as const)('what may be read by %s is so whatever mask the server has', async (readableBy, file, folder) => {
  using phone = testPhone({ readableBy });
  phone.write('DCIM/a.jpg', 'one');
  const mask = process.umask(0o077);
  try {
    await phone.pass();
  } finally {
    process.umask(mask);
  }
  phone.write('DCIM/a.jpg', 'other');
  await phone.pass();
  const modes = ['DCIM/a.jpg', 'DCIM', version('DCIM/a.jpg'), version('DCIM')].map(
    (path) => statSync(phone.inTarget(path)).mode,
  );
  expect(modes.map((mode) => mode.toString(8))).toEqual([file, folder, file, folder].map((mode) => mode.toString(8)));
});

test('a mirror that passes its group on does so in every folder that is made', async () => {
  using phone = testPhone({ readableBy: 'group' });
  execFileSync('chmod', ['2750', phone.target]);
  phone.write('DCIM/Camera/a.jpg', 'one');
  const changed: string[] = [];
  await phone.pass({ disk: watchedDisk((call, path) => call === 'setMode' && changed.push(path)) });
  expect(statSync(phone.inTarget('DCIM/Camera')).mode & 0o7777).toBe(0o2750);
  expect(changed.every((path) => path.includes('/incoming/'))).toBe(true);
});

test.each(['refuses', 'drops'] as const)(
  'where the kernel %s the setgid bit, the folder is made without it',
  async (does) => {
    using phone = testPhone();
    phone.write('DCIM/Camera/a.jpg', 'one');
    const disk: MirrorDisk = {
      ...nodeMirrorDisk,
      setMode: (path, mode) => {
        if (does === 'refuses' && (mode & 0o2000) !== 0) throw errnoOf('EPERM', -1);
        nodeMirrorDisk.setMode(path, mode & 0o777);
      },
    };
    expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 1, failed: 0 });
    phone.write('DCIM/Camera/a.jpg', 'other');
    expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 1, versions: 1 });
    const modes = ['DCIM', 'DCIM/Camera', version('DCIM/Camera')].map(
      (path) => statSync(phone.inTarget(path)).mode & 0o7777,
    );
    expect(modes).toEqual([0o750, 0o750, 0o750]);
  },
);
