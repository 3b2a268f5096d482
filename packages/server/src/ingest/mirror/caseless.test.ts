import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { caselessDisk, testPhone } from './testing.ts';

// This machine's kernel has no such file system (no Unicode in ext4 and tmpfs, no FAT): the seam plays one.
const composed = 'M\u00fcnchen.jpg';

test('on a disk (emulated) that knows no case, twins stand beside each other, and stay so', async () => {
  using phone = testPhone();
  const disk = caselessDisk(phone.target);
  const names = ['DCIM/A.JPG', 'DCIM/a.jpg', 'dcim/a.JPG', `DCIM/${composed}`, `DCIM/${composed.normalize('NFD')}`];
  for (const name of names) phone.write(name, `of ${name}`);
  for (const copied of [5, 0, 0]) expect(await phone.pass({ disk })).toMatchObject({ copied, failed: 0, versions: 0 });
  expect(Object.values(phone.files()).sort()).toEqual(names.map((name) => `of ${name}`).sort());
});

test('on such a disk (emulated) an edit of one twin leaves the other as it is', async () => {
  using phone = testPhone();
  const disk = caselessDisk(phone.target);
  phone.write('A.JPG', 'upper');
  phone.write('a.jpg', 'lower');
  await phone.pass({ disk });
  phone.write('a.jpg', 'edited');
  expect(await phone.pass({ disk })).toMatchObject({ copied: 1, versions: 1 });
  const people = Object.entries(phone.files()).filter(([path]) => !path.startsWith('.versions/'));
  expect(people.map(([, content]) => content).sort()).toEqual(['edited', 'upper']);
  expect(Object.values(phone.files()).sort()).toEqual(['edited', 'lower', 'upper']);
});

test('on such a disk (emulated) twins of the same bytes are two files, also when the index is lost', async () => {
  using phone = testPhone();
  const disk = caselessDisk(phone.target);
  phone.write('A.JPG', 'same');
  phone.write('a.jpg', 'same');
  expect(await phone.pass({ disk })).toMatchObject({ copied: 2 });
  writeFileSync(`${phone.state}/index.db`, 'broken');
  expect(await phone.pass({ disk })).toMatchObject({ copied: 0, files: 2 });
  expect(Object.values(phone.files())).toEqual(['same', 'same']);
});
