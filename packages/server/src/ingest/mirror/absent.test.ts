import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errnoOf, testPhone, watchedDisk } from './testing.ts';

test('what somebody takes out of the mirror comes again while the phone has it, and not after', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  phone.write('b.jpg', 'two');
  await phone.pass();
  rmSync(phone.inTarget('a.jpg'));
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 0 });
  expect(phone.files()).toEqual({ 'a.jpg': 'one', 'b.jpg': 'two' });
  phone.remove('a.jpg');
  await phone.pass();
  rmSync(phone.inTarget('a.jpg'));
  expect(await phone.pass()).toMatchObject({ copied: 0, outcome: 'done' });
  expect(phone.files()).toEqual({ 'b.jpg': 'two' });
});

test('a folder that can not be listed, or a file that can not be looked at, makes nothing gone', async () => {
  using phone = testPhone();
  for (const name of ['DCIM/a.jpg', 'DCIM/b/c.jpg', 'd.jpg']) phone.write(name, name);
  await phone.pass();
  for (const [call, ending, code, errno] of [
    ['list', 'ingest/DCIM', 'EACCES', -13],
    ['list', 'ingest/DCIM/b', 'EIO', -5],
    ['stat', 'ingest/DCIM/a.jpg', 'EACCES', -13],
  ] as const) {
    const disk = watchedDisk((name, path) => {
      if (name === call && path.endsWith(ending)) throw errnoOf(code, errno);
    });
    const found = await phone.pass({ disk });
    expect(found).toMatchObject({ outcome: 'done', newlyGone: 0, gone: 0, copied: 0 });
    expect([found.unreadable, found.failed]).toEqual(code === 'EACCES' ? [1, 0] : [0, 1]);
  }
});

test('without its marker, empty, or not there, the phone’s folder is not looked at, and nothing is gone', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  renameSync(phone.ingest, `${phone.ingest}-away`);
  expect(await phone.pass()).toMatchObject({ outcome: 'ingest-missing', gone: 0 });
  mkdirSync(phone.ingest);
  expect(await phone.pass()).toMatchObject({ outcome: 'ingest-missing', gone: 0 });
  expect(await phone.pass({ marker: null })).toMatchObject({ outcome: 'ingest-missing', gone: 0 });
  writeFileSync(join(phone.ingest, 'other.jpg'), 'x');
  expect(await phone.pass()).toMatchObject({ outcome: 'ingest-missing', gone: 0, copied: 0 });
});

test('a folder that can not be listed at all is said to be so', async () => {
  using phone = testPhone();
  const disk = watchedDisk((call, path) => {
    if (call === 'list' && path === phone.ingest) throw errnoOf('EACCES', -13);
  });
  const found = await phone.pass({ disk });
  expect(found).toMatchObject({ outcome: 'ingest-unreadable', firstFailure: 'permission denied (EACCES in test)' });
});

test('a marker that goes while the pass looks makes nothing gone', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  await phone.pass();
  const disk = watchedDisk((call, path) => {
    // The disk goes: its files first, and with them the marker.
    if (call === 'list' && path.endsWith('ingest/DCIM')) {
      phone.remove('DCIM/a.jpg');
      phone.remove('.stfolder');
    }
  });
  expect(await phone.pass({ disk })).toMatchObject({ newlyGone: 0, gone: 0 });
});

test('a mirror that is not there, or is another folder than it was, is left alone', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  phone.write('b.jpg', 'two');
  renameSync(phone.target, `${phone.target}-away`);
  expect(await phone.pass()).toMatchObject({ outcome: 'target-missing', files: 1, gone: 0 });
  mkdirSync(phone.target);
  expect(await phone.pass()).toMatchObject({ outcome: 'target-missing' });
  expect(phone.files()).toEqual({});
  expect(existsSync(join(phone.target, '.berth'))).toBe(false);
  rmSync(phone.target, { recursive: true });
  renameSync(`${phone.target}-away`, phone.target);
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 1 });
});

test('an index that is lost or broken is made again from what is there, byte for byte and without a second copy', async () => {
  using phone = testPhone();
  for (const name of ['DCIM/a.jpg', 'DCIM/b.jpg']) phone.write(name, name);
  phone.write('B.jpg', 'upper');
  phone.write('b.jpg', 'lower');
  await phone.pass();
  const before = phone.files();
  for (const damage of [
    () => rmSync(join(phone.state, 'index.db')),
    () => writeFileSync(join(phone.state, 'index.db'), 'SQLite format 3\0 no more'),
    () => writeFileSync(join(phone.state, 'index.db'), 'nothing of the kind'),
  ]) {
    damage();
    expect(await phone.pass()).toMatchObject({
      outcome: 'done',
      files: 4,
      copied: 0,
      versions: 0,
      renamed: 0,
      failed: 0,
    });
    expect(phone.files()).toEqual(before);
  }
  // What the phone has changed meanwhile is new, and what was there is not touched.
  rmSync(join(phone.state, 'index.db'));
  phone.write('DCIM/a.jpg', 'changed!!!');
  await phone.pass();
  expect(phone.files()).toEqual({ ...before, 'DCIM/a~2.jpg': 'changed!!!' });
});

test('a file that is swapped for something else while it is looked at is not called gone yet', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  await phone.pass();
  const disk = watchedDisk((call, path) => {
    if (call !== 'stat' || !path.endsWith('ingest/DCIM/a.jpg')) return;
    phone.remove('DCIM/a.jpg');
    mkdirSync(phone.inIngest('DCIM/a.jpg'));
  });
  expect(await phone.pass({ disk })).toMatchObject({ newlyGone: 0, skipped: 0 });
  expect(await phone.pass()).toMatchObject({ newlyGone: 1 });
});
