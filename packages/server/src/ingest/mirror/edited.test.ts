import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { testPhone, watchedDisk } from './testing.ts';

test('an edit in place, as programs for photos make it, stays and is whole, whatever the phone does then', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  await phone.pass();
  writeFileSync(phone.inTarget('DCIM/a.jpg'), 'retouched');
  expect(await phone.pass()).toMatchObject({ copied: 0, versions: 0 });
  for (const content of ['phone', 'phone again']) {
    phone.write('DCIM/a.jpg', content);
    expect(await phone.pass()).toMatchObject({ copied: 1, failed: 0, renamed: 1 });
  }
  const kept = { 'DCIM/a.jpg': 'retouched', 'DCIM/a~2.jpg': 'phone again' };
  expect(phone.files()).toMatchObject(kept);
  expect(Object.values(phone.files())).toContain('phone');
  phone.remove('DCIM/a.jpg');
  await phone.pass();
  expect(phone.files()).toMatchObject(kept);
});

test('an edit in place while the phone’s is put in its stead is in the version', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  phone.write('a.jpg', 'phone');
  const disk = watchedDisk((call, path) => {
    if (call === 'rename' && path.endsWith('media/a.jpg')) writeFileSync(phone.inTarget('a.jpg'), 'retouched');
  });
  expect(await phone.pass({ disk })).toMatchObject({ copied: 1, versions: 1 });
  expect(Object.values(phone.files()).sort()).toEqual(['phone', 'retouched']);
});

test('an edit that somebody made in the mirror stays where it is when the phone edits too', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  rmSync(phone.inTarget('a.jpg'));
  writeFileSync(phone.inTarget('a.jpg'), 'retouched');
  expect(await phone.pass()).toMatchObject({ copied: 0 });
  phone.write('a.jpg', 'phone');
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 0, renamed: 1 });
  expect(phone.files()).toEqual({ 'a.jpg': 'retouched', 'a~2.jpg': 'phone' });
});

test('an edit in place, with size and time as before, goes to the versions', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  const { mtime } = statSync(phone.inTarget('a.jpg'));
  writeFileSync(phone.inTarget('a.jpg'), 'own');
  utimesSync(phone.inTarget('a.jpg'), mtime, mtime);
  phone.write('a.jpg', 'phone');
  await phone.pass();
  expect(Object.values(phone.files()).sort()).toEqual(expect.arrayContaining(['own', 'phone']));
});

test('an edit of somebody’s keeps its time when the phone only touches the file', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  writeFileSync(phone.inTarget('a.jpg'), 'retouched');
  utimesSync(phone.inTarget('a.jpg'), 1_700_000_000, 1_700_000_000);
  utimesSync(phone.inIngest('a.jpg'), 1_600_000_000, 1_600_000_000);
  expect(await phone.pass()).toMatchObject({ copied: 0, failed: 0 });
  expect(statSync(phone.inTarget('a.jpg')).mtimeMs).toBe(1_700_000_000_000);
  phone.write('a.jpg', 'phone');
  await phone.pass();
  expect(phone.files()).toEqual({ 'a.jpg': 'retouched', 'a~2.jpg': 'phone' });
});
