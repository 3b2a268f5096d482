import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentsOf } from './helpers/phone/album.ts';
import { restoredFrom, snapshotsIn } from './helpers/phone/snapshots.ts';
import { photoNames, type TestPhone, withPhone } from './helpers/phone.ts';
import { isRoot } from './helpers/receiver.ts';

describe.each(['root', 'rootless'] as const)('the backup of a phone (%s)', (mode) => {
  let phone: TestPhone;
  beforeAll(async () => {
    if (mode === 'root' && !isRoot) return;
    phone = await withPhone({ mode, ingest: { exclude: "['Documents/secret']", settle: '5s' } });
  });
  afterAll(() => phone?.[Symbol.asyncDispose]());
  const needed = (skip: (note: string) => void, isBrief = false): void => {
    if (mode === 'root' && !isRoot) skip('needs root, for a UID of its own');
    // What differs without root is who reads and writes.
    if (mode === 'rootless' && isRoot && !isBrief) skip('shown with root');
  };

  /** Backs it up now, and says what is in the snapshot that this made. */
  const backUp = async (): Promise<ReadonlyMap<string, string>> => {
    const before = await snapshotsIn(phone.repository());
    const { exitCode, stdout, stderr } = await phone.cli('phone', 'backup', phone.name);
    expect([exitCode, stderr], stdout).toEqual([0, expect.any(String)]);
    const after = await snapshotsIn(phone.repository());
    expect(after).toHaveLength(before.length + 1);
    return restoredFrom(phone.repository(), after.at(-1)?.id ?? '');
  };

  test('a snapshot holds what the phone holds, by the phone’s own paths, and not what is Syncthing’s', async ({
    skip,
  }) => {
    needed(skip, true);
    for (const path of [...photoNames(5), 'Documents/letter.txt', 'Signal/backup 1.bin']) await phone.put(path);
    const own = await contentsOf(phone.places.phone);
    await phone.put('Documents/secret/diary.txt');
    await phone.put('DCIM/.stversions/old.jpg');
    await phone.arrived();
    const kept = [...own].filter(([path]) => !path.startsWith('.stfolder/'));
    expect(await backUp()).toEqual(new Map(kept));
  });

  test('what was deleted on the phone is gone from the next snapshot, and there in the one before', async ({
    skip,
  }) => {
    needed(skip);
    const [gone = ''] = photoNames(1);
    await phone.remove(gone);
    await phone.arrived();
    expect([...(await backUp()).keys()]).not.toContain(gone);
    const earlier = (await snapshotsIn(phone.repository())).at(-2)?.id ?? '';
    expect([...(await restoredFrom(phone.repository(), earlier)).keys()]).toContain(gone);
  });

  test('a wrong API key is a condition in words, and a snapshot all the same', async ({ skip }) => {
    needed(skip);
    await phone.writeConfig({ key: 'k'.repeat(32) });
    await phone.receiver.stop();
    await phone.receiver.start();
    expect(await phone.says('syncthing-refused')).toMatch(/key/i);
    await phone.put('DCIM/Camera/with-a-wrong-key.jpg');
    await phone.arrived();
    expect([...(await backUp()).keys()]).toContain('DCIM/Camera/with-a-wrong-key.jpg');
    await phone.writeConfig();
    await phone.receiver.stop();
    await phone.receiver.start();
    await phone.says('syncthing-refused', false);
  });

  test('a Syncthing that is stopped is one too', async ({ skip }) => {
    needed(skip);
    await phone.pair?.nas.stop();
    expect(await phone.says('syncthing-down')).toContain(phone.pair?.nas.url);
    expect((await backUp()).size).toBeGreaterThan(3);
    await phone.pair?.nas.start();
    await phone.says('syncthing-down', false);
  });

  test('a folder that is paused is one too', async ({ skip }) => {
    needed(skip);
    await phone.pair?.pause('nas', true);
    expect(await phone.says('syncthing-paused')).toMatch(/paused/);
    expect((await backUp()).size).toBeGreaterThan(3);
    await phone.pair?.pause('nas', false);
    await phone.says('syncthing-paused', false);
  });

  test('asked for while a video is on its way, it goes on without it, and has nothing of it in part', async ({
    skip,
  }) => {
    needed(skip);
    await phone.pair?.throttle(100);
    await phone.put('Movies/long.mp4', Buffer.alloc(20_000_000, 'film'));
    await phone.pair?.scan();
    const kept = await backUp();
    expect([...kept.keys()].filter((path) => /syncthing|long\.mp4/.test(path))).toEqual([]);
    await phone.remove('Movies/long.mp4');
    await phone.pair?.throttle(0);
    await phone.arrived();
  });

  test('without its marker the folder is a missing disk: a condition, and no snapshot of nothing', async ({ skip }) => {
    needed(skip, true);
    const before = await snapshotsIn(phone.repository());
    await phone.pair?.nas.stop();
    await rm(join(phone.places.ingest, '.stfolder'), { recursive: true });
    expect(await phone.says('ingest-missing')).toContain(phone.places.ingest);
    const { exitCode, stdout, stderr } = await phone.cli('phone', 'backup', phone.name);
    expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining('ingest-missing')]);
    expect(stdout + stderr).toContain('Look whether its disk is mounted');
    expect(await snapshotsIn(phone.repository())).toEqual(before);
  });
});
