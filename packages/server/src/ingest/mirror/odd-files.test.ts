import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testPhone, watchedDisk } from './testing.ts';

test('a file that becomes a folder, and a folder that becomes a file, take a name of their own', async () => {
  using phone = testPhone();
  phone.write('album', 'a file');
  phone.write('other/x.jpg', 'in a folder');
  await phone.pass();
  phone.remove('album');
  phone.write('album/y.jpg', 'now in a folder');
  phone.remove('other');
  phone.write('other', 'now a file');
  for (const copied of [2, 0]) expect(await phone.pass()).toMatchObject({ copied, failed: 0, renamed: 2 });
  expect(phone.files()).toEqual({
    album: 'a file',
    'album~2/y.jpg': 'now in a folder',
    'other/x.jpg': 'in a folder',
    'other~2': 'now a file',
  });
});

test('names with newlines, emoji, a leading dash, no UTF-8, both compositions, case twins and 255 bytes are kept as they are', async () => {
  using phone = testPhone();
  const composed = 'M\u00fcnchen.jpg';
  const names = ['a\nb.jpg', '🏔️.jpg', '-rf', composed, composed.normalize('NFD'), 'A.JPG', 'a.jpg', 'é'.repeat(127)];
  for (const name of [...names, `${'x'.repeat(251)}.jpg`]) phone.write(`DCIM/${name}`, `of ${name}`);
  phone.write(Buffer.from([0x44, 0x2f, 0xff, 0xfe, 0x2e]), 'no UTF-8');
  expect(await phone.pass()).toMatchObject({ copied: 10, failed: 0, renamed: 0 });
  expect(phone.files()).toEqual({
    ...Object.fromEntries([...names, `${'x'.repeat(251)}.jpg`].map((name) => [`DCIM/${name}`, `of ${name}`])),
    'latin1:\u00ff\u00fe.': undefined,
    'D/latin1:\u00ff\u00fe.': 'no UTF-8',
  });
  // A version of the longest name fits too.
  phone.write(`DCIM/${'x'.repeat(251)}.jpg`, 'edited');
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 1, failed: 0 });
});

test('links, pipes and sockets are counted and never opened, and a link in place of a folder is not walked', async () => {
  using phone = testPhone({ from: ['DCIM', 'Pictures'] });
  phone.write('DCIM/a.jpg', 'one');
  writeFileSync(join(phone.top, 'secret'), 'secret');
  mkdirSync(join(phone.top, 'outside'));
  writeFileSync(join(phone.top, 'outside', 'x.jpg'), 'outside');
  symlinkSync(join(phone.top, 'secret'), phone.inIngest('DCIM/link.jpg'));
  symlinkSync(join(phone.top, 'outside'), phone.inIngest('DCIM/folder'));
  symlinkSync(join(phone.top, 'outside'), phone.inIngest('Pictures'));
  execFileSync('mkfifo', [phone.inIngest('DCIM/pipe').toString()]);
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(phone.inIngest('DCIM/socket').toString(), resolve);
  });
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 1, skipped: 5, failed: 0 });
  await new Promise((resolve) => {
    server.close(resolve);
  });
  expect(phone.files()).toEqual({ 'DCIM/a.jpg': 'one' });
});

test('a file of 8 TB of nothing is not begun, and keeps no other from coming', async () => {
  using phone = testPhone();
  phone.write('a.mp4', '');
  phone.write('b.jpg', 'one');
  truncateSync(phone.inIngest('a.mp4'), 8 * 1024 ** 4);
  expect(await phone.pass()).toMatchObject({ outcome: 'full', copied: 1, failed: 0 });
  expect(phone.files()).toEqual({ 'b.jpg': 'one' });
});

test('a folder that becomes a link between the look and the copy is not read through', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  mkdirSync(join(phone.top, 'outside'));
  linkSync(phone.inIngest('DCIM/a.jpg'), join(phone.top, 'outside', 'a.jpg'));
  const disk = watchedDisk((call, path) => {
    if (call !== 'openRead' || !path.endsWith('DCIM/a.jpg') || lstatSync(phone.inIngest('DCIM')).isSymbolicLink())
      return;
    renameSync(phone.inIngest('DCIM'), join(phone.top, 'moved'));
    symlinkSync(join(phone.top, 'outside'), phone.inIngest('DCIM'));
  });
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 0, unsettled: 1 });
  expect(phone.files()).toEqual({});
});

test('what Syncthing has not finished, and what is its own, is never copied', async () => {
  using phone = testPhone();
  const own = [
    '.syncthing.a.jpg.tmp',
    '~syncthing~a.jpg.tmp',
    '.syncthing.0123',
    '.stversions/a.jpg',
    '.stignore',
    '.stfolder/x',
  ];
  for (const name of own) {
    phone.write(name, 'partial');
    phone.write(`DCIM/${name}`, 'partial');
  }
  phone.write('.nomedia', 'dot');
  phone.write('a.sync-conflict-20260101-000000-ABCDEFG.jpg', 'conflict');
  expect(await phone.pass()).toMatchObject({ copied: 2 });
  expect(Object.keys(phone.files())).toEqual(['.nomedia', 'a.sync-conflict-20260101-000000-ABCDEFG.jpg']);
});

test('of media only what is one is mirrored: what Android hides, trashes or still writes is not', async () => {
  using phone = testPhone({ types: 'media', from: ['DCIM', 'Movies'] });
  const names = [
    'a.jpg',
    'b.HEIC',
    'c.mp4',
    'notes.txt',
    '.trashed-1-a.jpg',
    '.pending-2-b.jpg',
    '.thumbnails/1.jpg',
    'jpg',
  ];
  for (const name of names) phone.write(`DCIM/Camera/${name}`, name);
  phone.write('Documents/d.jpg', 'elsewhere');
  expect(await phone.pass()).toMatchObject({ copied: 3, skipped: 0 });
  expect(Object.values(phone.files())).toEqual(['a.jpg', 'b.HEIC', 'c.mp4']);
});

test('what is left out, or no longer asked for, is not called gone', async () => {
  using phone = testPhone();
  for (const name of ['DCIM/a.jpg', 'DCIM/tmp/b.jpg', 'Music/c.jpg']) phone.write(name, name);
  await phone.pass();
  expect(await phone.pass({ exclude: ['tmp'], from: ['DCIM'] })).toMatchObject({ newlyGone: 0, gone: 0, files: 3 });
  phone.remove('Music');
  expect(await phone.pass({ exclude: ['tmp'], from: ['DCIM'] })).toMatchObject({ newlyGone: 0 });
  expect(await phone.pass()).toMatchObject({ newlyGone: 1 });
});
