import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpegTakenAt } from '../../../packages/server/src/ingest/dates/testing.ts';
import { quote, typed } from '../../demo/screen.ts';
import { expect, type Told } from '../../demo/story.ts';
import { count } from '../../demo/words.ts';
import { hashesBelow, hashOf, mirrored, type Phone, until } from '../phone.ts';
import { berthServer } from './backup.ts';
import type { Photos } from './photos.ts';

/** Edits the first photo on the phone; returns all that the phone ever had, the edit among it. */
export const editOne = async (phone: Phone, photos: Photos): Promise<Told<readonly string[]>> => {
  const [path = ''] = photos.keys();
  const bytes = jpegTakenAt(new Date(Date.UTC(2026, 0, 14, 18, 3, 22)), 99);
  await writeFile(join(phone.pair.phone.folder, path), bytes);
  await phone.pair.waitInSync(120_000);
  await until('the edit is in the mirror', phone.stage, async () =>
    [...(await mirrored(phone)).values()].includes(hashOf(bytes)),
  );
  const shown = [...(await mirrored(phone))];
  const version = shown.find(([name, hash]) => name.startsWith('.versions/') && hash === photos.get(path));
  expect(version !== undefined, 'the mirror has not kept it as it was');
  quote(join(phone.media, version[0]));
  return { result: 'the mirror has it as it is now, and as it was', value: [...photos.values(), hashOf(bytes)] };
};

/** Deletes every photo on the phone, and looks into the mirror when the NAS has heard of it. */
export const deleteOnThePhone = async (phone: Phone, everything: readonly string[]): Promise<string> => {
  const folder = join(phone.pair.phone.folder, 'DCIM/Camera');
  typed(['rm', '-r', folder]);
  await rm(folder, { recursive: true });
  await phone.pair.waitInSync(120_000);
  const there = [...(await hashesBelow(phone.ingest)).keys()].filter((path) => path.startsWith('DCIM/'));
  expect(there.length === 0, `${count(there.length, 'photo')} still there where the phone's files arrive`);
  // A pass that saw that they are gone.
  await berthServer(phone, 'mirror', phone.name);
  const kept = new Set((await mirrored(phone)).values());
  const lost = everything.filter((hash) => !kept.has(hash));
  expect(lost.length === 0, `${count(lost.length, 'photo')} lost`);
  return 'gone from the phone and from where its files arrive; all in the mirror, the edited one twice';
};
