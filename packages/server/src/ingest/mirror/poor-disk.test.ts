import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type MirrorDisk, nodeMirrorDisk } from './disk.ts';
import { type Raw, rawOf } from './raw.ts';
import { errnoOf, linklessDisk, rawName, testPhone, watchedDisk } from './testing.ts';

const day = new Date().toISOString().slice(0, 10);

/** As network shares and disks of cameras are (emulated): no modes, no times, no second names, folders that can not be synced. */
const poorDisk = (target: string, [code, errno]: readonly [string, number]): MirrorDisk =>
  watchedDisk((call, path) => {
    if (!path.startsWith(target)) return;
    if (call === 'setMode' || call === 'setModified') throw errnoOf(code, errno);
    if (call === 'sync' && statSync(Buffer.from(path, 'latin1')).isDirectory()) throw errnoOf('EINVAL', -22);
  }, linklessDisk());

test.each([
  ['EPERM', -1],
  ['EACCES', -13],
  ['ENOTSUP', -95],
  ['ENOSYS', -38],
  ['EINVAL', -22],
] as const)(
  'a disk (emulated) that answers %s to modes and times gets whole files, and keeps versions',
  async (...no) => {
    using phone = testPhone();
    const disk = poorDisk(phone.target, no);
    for (const content of ['one', 'two']) {
      phone.write('DCIM/a.jpg', content);
      expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 1, failed: 0, unsettled: 0 });
      expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 0, failed: 0 });
    }
    utimesSync(phone.inIngest('DCIM/a.jpg'), 1_600_000_000, 1_600_000_000);
    expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 0, failed: 0 });
    expect(phone.files()).toEqual({ 'DCIM/a.jpg': 'two', [`.versions/${day}/DCIM/a.jpg`]: 'one' });
  },
);

test('a file that somebody else put there, and whose time they alone may set, is no failure when the phone touches its own', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  writeFileSync(phone.inTarget('a.jpg'), 'one');
  await phone.pass();
  utimesSync(phone.inIngest('a.jpg'), 1_600_000_000, 1_600_000_000);
  const disk = watchedDisk((call) => {
    if (call === 'setModified') throw errnoOf('EPERM', -1);
  });
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 0, failed: 0 });
  phone.write('a.jpg', 'two');
  expect(await phone.pass()).toMatchObject({ copied: 1, versions: 1 });
});

test('a file whose names are all taken is said, and the others come', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  phone.write('DCIM/b.jpg', 'two');
  await phone.pass();
  for (const name of ['a', 'b', 'c', 'd']) phone.write(`DCIM/${name}.jpg`, `${name} now`);
  const folder = nodeMirrorDisk.stat(rawName(phone.target));
  const other = nodeMirrorDisk.stat(rawName(phone.inTarget('DCIM/b.jpg')));
  // Every version of a.jpg there could be, and every name that c.jpg could have.
  const disk: MirrorDisk = {
    ...nodeMirrorDisk,
    stat: (path) => {
      if (/\/\.versions\/.*\/a\.jpg$|media\/DCIM\/c/.test(path)) return other;
      return /\/\.versions\/[^/]*(\/DCIM)?$/.test(path) ? folder : nodeMirrorDisk.stat(path);
    },
    makeFolder: () => false,
    link: (from, to) => {
      if (to.includes('/.versions/')) mkdirSync(join(phone.target, '.versions', day, 'DCIM'), { recursive: true });
      nodeMirrorDisk.link(from, to);
    },
  };
  const words = 'all the names that a file may have in the mirror are taken';
  expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', failed: 2, copied: 2, firstFailure: words });
  expect(phone.files()).toMatchObject({ 'DCIM/a.jpg': 'one', 'DCIM/b.jpg': 'b now', 'DCIM/d.jpg': 'd now' });
});

test('a disk that fails is no poor one: what it can not set is said', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  const disk = watchedDisk((call) => {
    if (call === 'setModified') throw errnoOf('EIO', -5);
  });
  expect(await phone.pass({ disk })).toMatchObject({ copied: 0, failed: 1, firstFailure: 'i/o error (EIO in test)' });
});

test.each([-11_644_473_600, 253_402_300_799])(
  'a time of change as far away as %i seconds is copied',
  async (seconds) => {
    using phone = testPhone();
    phone.write('a.jpg', 'one');
    utimesSync(phone.inIngest('a.jpg'), new Date(seconds * 1000), new Date(seconds * 1000));
    for (const copied of [1, 0]) expect(await phone.pass()).toMatchObject({ outcome: 'done', copied, failed: 0 });
    expect(statSync(phone.inTarget('a.jpg')).mtimeMs).toBe(statSync(phone.inIngest('a.jpg')).mtimeMs);
  },
);

test('a disk without second names gets whole files all the same, and keeps versions', async () => {
  using phone = testPhone();
  const disk = linklessDisk();
  for (const content of ['one', 'two', 'three']) {
    phone.write('DCIM/a.jpg', content);
    expect(await phone.pass({ disk })).toMatchObject({ outcome: 'done', copied: 1, failed: 0 });
  }
  expect(phone.files()).toEqual({
    'DCIM/a.jpg': 'three',
    [`.versions/${day}/DCIM/a.jpg`]: 'one',
    [`.versions/${day}.2/DCIM/a.jpg`]: 'two',
  });
});

test('a disk that takes only shorter names, and not every letter, gets names that it takes', async () => {
  using phone = testPhone();
  const long = `${'ä'.repeat(110)}.jpg`;
  for (const name of [long, 'a:b?.jpg', 'plain.jpg', `${'d'.repeat(200)}/x.jpg`]) phone.write(name, name);
  const disk = watchedDisk((call, path) => {
    if (!path.startsWith(phone.target) || !['stat', 'link', 'makeFolder'].includes(call)) return;
    if (path.split('/').some((name) => name.length > 143)) throw errnoOf('ENAMETOOLONG', -36);
    if (/[:?]/.test(path)) throw errnoOf('EINVAL', -22);
  });
  for (const copied of [4, 0]) expect(await phone.pass({ disk })).toMatchObject({ copied, failed: 0, renamed: 3 });
  const names = Object.keys(phone.files());
  expect(Object.values(phone.files()).sort()).toEqual(
    [long, 'a:b?.jpg', 'plain.jpg', `${'d'.repeat(200)}/x.jpg`].sort(),
  );
  expect(names).toContainEqual(expect.stringMatching(/^ä{63}~[0-9a-f]{8}\.jpg$/));
  expect(names).toContainEqual(expect.stringMatching(/^a_b_~[0-9a-f]{8}\.jpg$/));
  expect(names).toContainEqual(expect.stringMatching(/^d{131}~[0-9a-f]{8}\/x\.jpg$/));
});

test('a disk that lists a name otherwise than it was given has the file all the same', async () => {
  using phone = testPhone();
  const disk = {
    ...nodeMirrorDisk,
    list: (folder: Raw) =>
      nodeMirrorDisk.list(folder).map((entry) => ({ ...entry, name: rawOf(entry.name.replace('\u00c3\u00bc', '??')) })),
  };
  phone.write('DCIM/x', 'one');
  phone.write('m\u00fc.jpg', 'two');
  const listing = (path: Raw) => (path.startsWith(phone.target) ? disk.list(path) : nodeMirrorDisk.list(path));
  for (const copied of [2, 0]) expect(await phone.pass({ disk: { ...disk, list: listing } })).toMatchObject({ copied });
});
