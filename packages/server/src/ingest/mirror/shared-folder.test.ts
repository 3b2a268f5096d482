import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errnoOf, testPhone, watchedDisk } from './testing.ts';

const day = new Date().toISOString().slice(0, 10);

test('what somebody put in the mirror is never replaced: the same bytes are taken for ours, others stand beside', async () => {
  using phone = testPhone();
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) phone.write(name, `phone ${name}`);
  writeFileSync(phone.inTarget('a.jpg'), 'phone a.jpg');
  writeFileSync(phone.inTarget('b.jpg'), 'mine');
  mkdirSync(phone.inTarget('c.jpg'));
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 2, renamed: 2, failed: 0 });
  expect(phone.files()).toEqual({
    'a.jpg': 'phone a.jpg',
    'b.jpg': 'mine',
    'b~2.jpg': 'phone b.jpg',
    'c~2.jpg': 'phone c.jpg',
  });
  expect(await phone.pass()).toMatchObject({ copied: 0 });
});

test('nothing is written through a link in the mirror, to a folder or to a file', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  phone.write('b.jpg', 'two');
  mkdirSync(join(phone.top, 'outside'));
  writeFileSync(join(phone.top, 'outside.jpg'), 'two');
  symlinkSync(join(phone.top, 'outside'), phone.inTarget('DCIM'));
  symlinkSync(join(phone.top, 'outside.jpg'), phone.inTarget('b.jpg'));
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 2, renamed: 2 });
  expect(phone.files()).toEqual({ DCIM: '<link>', 'DCIM~2/a.jpg': 'one', 'b.jpg': '<link>', 'b~2.jpg': 'two' });
  expect(() => readFileSync(join(phone.top, 'outside', 'a.jpg'))).toThrow('ENOENT');
});

test('a folder of the mirror that becomes a link in mid-pass gets neither a new file nor a version', async () => {
  for (const content of ['new', 'changed']) {
    using phone = testPhone();
    phone.write('DCIM/a.jpg', 'one');
    if (content === 'changed') await phone.pass();
    phone.write('DCIM/a.jpg', content);
    mkdirSync(join(phone.top, 'outside'));
    let isDone = false;
    const disk = watchedDisk((call, path) => {
      if (isDone || call !== 'fileSync' || !path.endsWith('/incoming/1')) return;
      isDone = true;
      rmSync(phone.inTarget('DCIM'), { recursive: true, force: true });
      symlinkSync(join(phone.top, 'outside'), phone.inTarget('DCIM'));
    });
    expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 1 });
    expect([isDone, phone.files()]).toEqual([true, { DCIM: '<link>', 'DCIM~2/a.jpg': content }]);
    expect(() => statSync(join(phone.top, 'outside', 'a.jpg'))).toThrow('ENOENT');
  }
});

test('a folder of the mirror that became a link to the phone’s own is no mirror of it', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  await phone.pass();
  rmSync(phone.inTarget('DCIM'), { recursive: true });
  symlinkSync(phone.inIngest('DCIM'), phone.inTarget('DCIM'));
  for (const copied of [1, 0]) expect(await phone.pass()).toMatchObject({ outcome: 'done', copied, renamed: 1 });
  expect(phone.files()).toEqual({ DCIM: '<link>', 'DCIM~2/a.jpg': 'one' });
});

test('the phone’s own file under a second name in the mirror is no copy of it', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  linkSync(phone.inIngest('a.jpg'), phone.inTarget('a.jpg'));
  for (const copied of [1, 0]) expect(await phone.pass()).toMatchObject({ copied, renamed: 1 });
  writeFileSync(phone.inIngest('a.jpg'), 'two');
  expect(phone.files()).toEqual({ 'a.jpg': 'two', 'a~2.jpg': 'one' });
});

test('a pipe that somebody put in the place of a file, a folder or the mark is not waited for', async () => {
  using phone = testPhone();
  for (const name of ['a.jpg', 'DCIM/b.jpg']) phone.write(name, name);
  await phone.pass();
  for (const name of ['a.jpg', 'DCIM']) {
    rmSync(phone.inTarget(name), { recursive: true });
    execFileSync('mkfifo', [phone.inTarget(name).toString()]);
  }
  for (const copied of [2, 0]) expect(await phone.pass()).toMatchObject({ outcome: 'done', copied, renamed: 2 });
  rmSync(phone.inTarget('.berth/id'));
  execFileSync('mkfifo', [phone.inTarget('.berth/id').toString()]);
  expect(await phone.pass()).toMatchObject({ outcome: 'target-unwritable' });
});

test('a link where the mirror keeps what is its own is not followed', async () => {
  for (const name of ['.berth', '.versions']) {
    using phone = testPhone();
    phone.write('a.jpg', 'one');
    mkdirSync(join(phone.top, 'outside'));
    symlinkSync(join(phone.top, 'outside'), phone.inTarget(name));
    expect(await phone.pass()).toMatchObject({
      outcome: 'target-unwritable',
      firstFailure: '.berth or .versions in it is not the folder that the mirror made',
    });
  }
});

test('a phone’s own .versions and .berth, in whatever letters, take another name', async () => {
  using phone = testPhone();
  for (const name of ['.versions/a', '.VERSIONS', '.berth/id']) phone.write(name, name);
  expect(await phone.pass()).toMatchObject({ copied: 3, failed: 0 });
  expect(phone.files()).toEqual({
    '.VERSIONS~2': '.VERSIONS',
    '.berth~2/id': '.berth/id',
    '.versions~2/a': '.versions/a',
  });
});

test('somebody who takes the name at the last moment keeps it', async () => {
  for (const hasLinks of [true, false]) {
    using phone = testPhone();
    phone.write('a.jpg', 'phone');
    const disk = watchedDisk((call, path) => {
      if (call !== 'link' || !path.endsWith('media/a.jpg')) return;
      writeFileSync(phone.inTarget('a.jpg'), 'mine', { flag: 'wx' });
      if (!hasLinks) throw errnoOf('EPERM', -1);
    });
    expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 1 });
    expect(phone.files()).toEqual({ 'a.jpg': 'mine', 'a~2.jpg': 'phone' });
  }
});

test('a folder that becomes a link right before a file gets its name there leads nowhere', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  mkdirSync(join(phone.top, 'outside'));
  const disk = watchedDisk((call, path) => {
    if (call !== 'stat' || !path.endsWith('media/DCIM/a.jpg') || lstatSync(phone.inTarget('DCIM')).isSymbolicLink())
      return;
    rmSync(phone.inTarget('DCIM'), { recursive: true });
    symlinkSync(join(phone.top, 'outside'), phone.inTarget('DCIM'));
  });
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 0, unsettled: 1 });
  expect(phone.files()).toEqual({ DCIM: '<link>' });
  expect(() => statSync(join(phone.top, 'outside', 'a.jpg'))).toThrow('ENOENT');
});

test('somebody who replaces a file while its older version is set aside keeps what they wrote', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  phone.write('a.jpg', 'phone');
  const disk = watchedDisk((call, path) => {
    if (call !== 'sync' || !path.endsWith(`.versions/${day}`)) return;
    rmSync(phone.inTarget('a.jpg'));
    writeFileSync(phone.inTarget('a.jpg'), 'theirs');
  });
  expect(await phone.pass({ disk })).toMatchObject({ copied: 0, unsettled: 1 });
  await phone.pass();
  expect(Object.values(phone.files()).sort()).toEqual(['one', 'phone', 'theirs']);
});

test('two phones’ files of one inode are two files of the mirror', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  linkSync(phone.inIngest('a.jpg'), phone.inIngest('b.jpg'));
  await phone.pass();
  expect(statSync(phone.inTarget('a.jpg')).ino).not.toBe(statSync(phone.inTarget('b.jpg')).ino);
});

test('a folder that somebody put in the place of a file is not taken for it', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  rmSync(phone.inTarget('a.jpg'));
  mkdirSync(phone.inTarget('a.jpg'));
  for (const copied of [1, 0]) expect(await phone.pass()).toMatchObject({ copied });
  expect(phone.files()).toEqual({ 'a~2.jpg': 'one' });
});
