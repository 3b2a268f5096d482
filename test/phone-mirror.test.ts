import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Album } from './helpers/phone/album.ts';
import { photoNames, type TestPhone, withPhone } from './helpers/phone.ts';
import { isRoot } from './helpers/receiver.ts';

/** Each step leaves the phone as the next one finds it, and nothing that ever arrived may be missing from the mirror. */
describe.each(['root', 'rootless'] as const)('a phone that syncs (%s)', (mode) => {
  let phone: TestPhone;
  const album = new Album();
  const photos = photoNames(30);
  const [first = '', second = '', third = '', fourth = ''] = photos;

  beforeAll(async () => {
    if (mode === 'root' && !isRoot) return;
    phone = await withPhone({ mode });
  });
  afterAll(() => phone?.[Symbol.asyncDispose]());
  const needed = (skip: (note: string) => void, isBrief = false): void => {
    if (mode === 'root' && !isRoot) skip('needs root, for a UID of its own');
    // What differs without root is who reads and writes.
    if (mode === 'rootless' && isRoot && !isBrief) skip('shown with root');
  };
  const put = async (path: string, bytes?: Uint8Array): Promise<string> => {
    const hash = await phone.put(path, bytes);
    album.see(path, hash);
    return hash;
  };
  const nothingIsMissing = async (): Promise<void> => {
    expect(album.missingFrom(await phone.mirror())).toEqual([]);
  };

  test('its photos appear in the mirror, and only whole', async ({ skip }) => {
    needed(skip, true);
    for (const path of photos) await put(path);
    await phone.arrived();
    const { files } = await phone.mirrorShows('30 photos', ({ files }) => files.size >= 30);
    expect([...files.keys()].toSorted()).toEqual([...photos].toSorted());
    await nothingIsMissing();
  });

  test('what is no photo, and what lies elsewhere, is not mirrored', async ({ skip }) => {
    needed(skip);
    await phone.put('Documents/letter.jpg');
    await phone.put('DCIM/Camera/notes.txt');
    await phone.put('DCIM/.thumbnails/1.jpg');
    await phone.put('DCIM/Camera/.trashed-1799999999-IMG.jpg');
    await put('Pictures/after.jpg');
    await phone.arrived();
    const { files } = await phone.mirrorShows('the photo that came after them', ({ files }) =>
      files.has('Pictures/after.jpg'),
    );
    expect(files.size).toBe(31);
  });

  test('one that is edited is there as it is now, and as it was', async ({ skip }) => {
    needed(skip, true);
    const hash = await put(first);
    await phone.arrived();
    const { versions } = await phone.mirrorShows('the edit', ({ files }) => files.get(first) === hash);
    expect(versions.get(first)).toHaveLength(1);
    await nothingIsMissing();
  });

  test('one that is emptied, and edited again on the same day, is there in all its versions', async ({ skip }) => {
    needed(skip);
    for (const bytes of [Buffer.alloc(0), randomBytes(3000)]) {
      const hash = await put(second, bytes);
      await phone.arrived();
      await phone.mirrorShows(`its ${bytes.length} bytes`, ({ files }) => files.get(second) === hash);
    }
    expect((await phone.mirror()).versions.get(second)).toHaveLength(2);
    await nothingIsMissing();
  });

  test('one that is renamed is there under both names', async ({ skip }) => {
    needed(skip);
    const { files } = await phone.mirror();
    const renamed = 'DCIM/Camera/at the sea 🏖.jpg';
    await phone.rename(third, renamed);
    album.see(renamed, files.get(third) ?? '');
    await phone.arrived();
    await phone.mirrorShows('the new name', (shown) => shown.files.get(renamed) === files.get(third));
    await nothingIsMissing();
  });

  test('one that is deleted stays', async ({ skip }) => {
    needed(skip, true);
    await phone.remove(fourth);
    await put('DCIM/Camera/after-it.jpg');
    await phone.arrived();
    await phone.mirrorShows('what came after it', ({ files }) => files.has('DCIM/Camera/after-it.jpg'));
    await nothingIsMissing();
  });

  test('all of them deleted changes nothing, and is told', async ({ skip }) => {
    needed(skip);
    const before = await phone.mirror();
    // More than somebody deletes who tidies up.
    for (const path of photoNames(40, '20261102')) await put(path);
    await phone.arrived();
    await phone.mirrorShows('40 more', ({ files }) => files.size >= before.files.size + 40);
    await phone.remove('DCIM/Camera');
    await phone.arrived();
    expect(await phone.says('phone-deletes')).toMatch(/lisa-phone|mirror/);
    await put('Pictures/the-next.jpg');
    await phone.arrived();
    await phone.mirrorShows('what came after them', ({ files }) => files.has('Pictures/the-next.jpg'));
    await nothingIsMissing();
  });

  test('a Syncthing that was stopped and started is heard again', async ({ skip }) => {
    needed(skip);
    await phone.pair?.nas.restart();
    await put('Movies/after-the-restart.mp4');
    await phone.arrived();
    await phone.mirrorShows('what came then', ({ files }) => files.has('Movies/after-the-restart.mp4'));
    await nothingIsMissing();
  });
});
