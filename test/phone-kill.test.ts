import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Album, contentsOf, sha256 } from './helpers/phone/album.ts';
import { killWith, unfinishedIn, watchMirror } from './helpers/phone/watch.ts';
import { withPhone } from './helpers/phone.ts';
import { eventually } from './helpers/receiver.ts';

test('a video whose transfer is cut by killing Syncthing is never seen in part, and arrives', async () => {
  const video = randomBytes(12_000_000);
  await using phone = await withPhone({ maxRecvKbps: 4_000 });
  const photo = await phone.put('DCIM/Camera/before.jpg');
  await using onlooker = watchMirror(phone.places.media, (hash) => [photo, sha256(video)].includes(hash));
  await phone.arrived();
  await phone.put('DCIM/Camera/long.mp4', video);
  await phone.pair?.scan();
  for (const _ of [1, 2]) {
    await eventually('it is on its way', 20_000, async () =>
      [...(await contentsOf(phone.places.ingest)).keys()].some((name) => name.includes('.syncthing.')),
    );
    await sleep(300);
    await phone.pair?.nas.kill();
    expect([...(await phone.mirror()).files.keys()]).not.toContain('DCIM/Camera/long.mp4');
    await phone.pair?.nas.start();
  }
  await phone.pair?.throttle(0);
  await phone.arrived();
  const { files } = await phone.mirrorShows('the video', (shown) => shown.files.has('DCIM/Camera/long.mp4'));
  expect(new Map(files)).toEqual(
    new Map([
      ['DCIM/Camera/before.jpg', photo],
      ['DCIM/Camera/long.mp4', sha256(video)],
    ]),
  );
  expect(onlooker.partial).toEqual([]);
  expect(onlooker.looks()).toBeGreaterThan(10);
});

test('a mirror that is killed again and again shows nothing in part, loses nothing, and comes to its end', async () => {
  await using phone = await withPhone({ syncthing: false, start: false });
  const album = new Album();
  const whole = new Set<string>();
  const film = async (path: string): Promise<void> => {
    const bytes = randomBytes(2_000_000);
    // Known before it can be seen.
    whole.add(sha256(bytes));
    album.see(path, await phone.put(path, bytes));
  };
  await using onlooker = watchMirror(phone.places.media, (hash) => whole.has(hash));
  const names = Array.from({ length: 80 }, (_, index) => `Movies/${index}.mp4`);
  for (const name of names) await film(name);
  // A file that changed within ten seconds may still be on its way.
  await sleep(10_500);
  await phone.receiver.start();
  const seen = async () => (await readdir(join(phone.places.media, 'Movies')).catch(() => [])).length;
  let killed = 0;
  while (killed < 6) {
    const before = await seen();
    expect(before, `${killed} were killed`).toBeLessThan(names.length);
    // One begins now if none is under way.
    const pass = phone.cli('phone', 'mirror', phone.name);
    await eventually('it copies', 20_000, async () => (await seen()) > before);
    // Amid a copy, or between two.
    await sleep(Math.random() * 30);
    killed += await killWith('mirror', phone.places.media);
    await pass;
  }
  await film('Movies/last.mp4');
  await eventually('a pass that nobody kills has them all', 60_000, async () => {
    await phone.cli('phone', 'mirror', phone.name);
    return (await seen()) === names.length + 1;
  });
  expect(await unfinishedIn(phone.places.media)).toEqual([]);
  expect(album.missingFrom(await phone.mirror())).toEqual([]);
  expect(onlooker.partial).toEqual([]);
  expect([...(await phone.mirror()).files.keys()].toSorted()).toEqual([...names, 'Movies/last.mp4'].toSorted());
});
