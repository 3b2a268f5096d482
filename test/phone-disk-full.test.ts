import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { Album, sha256 } from './helpers/phone/album.ts';
import { unfinishedIn, watchMirror } from './helpers/phone/watch.ts';
import { phoneUids, withPhone } from './helpers/phone.ts';
import { isRoot } from './helpers/receiver.ts';

test('a mirror whose disk is full copies nothing in part, says so once, and goes on when there is room', async ({
  skip,
}) => {
  if (!isRoot) return skip('needs root, to mount a small disk');
  const owner = `uid=${phoneUids.source},gid=${phoneUids.source},mode=0750`;
  await using phone = await withPhone({
    syncthing: false,
    prepare: async ({ media }) => {
      await execa('mount', ['-t', 'tmpfs', '-o', `size=16m,${owner}`, 'berth-test', media]);
      await writeFile(join(media, 'ballast'), Buffer.alloc(6_000_000));
      return () => execa('umount', ['-l', media]);
    },
  });
  const album = new Album();
  const whole = new Set<string>();
  await using onlooker = watchMirror(phone.places.media, (hash) => whole.has(hash) || hash === ballast);
  for (let index = 0; index < 5; index += 1) {
    const path = `DCIM/Camera/${index}.jpg`;
    const hash = await phone.put(path, randomBytes(2_000_000));
    whole.add(hash);
    album.see(path, hash);
  }
  expect(await phone.says('mirror-stuck')).toMatch(/full|room/);
  const { files } = await phone.mirror();
  expect(files.size - 1).toBeGreaterThan(1);
  expect(files.size - 1).toBeLessThan(5);
  expect(await unfinishedIn(phone.places.media)).toEqual([]);

  await rm(join(phone.places.media, 'ballast'));
  await phone.mirrorShows('all of them', (shown) => album.missingFrom(shown).length === 0);
  await phone.says('mirror-stuck', false);
  expect(onlooker.partial).toEqual([]);
  const events = (await phone.events()).events.filter(({ code }) => code === 'mirror-stuck');
  expect(events.map(({ event }) => event)).toEqual(['raised', 'resolved']);
});

const ballast = sha256(Buffer.alloc(6_000_000));
