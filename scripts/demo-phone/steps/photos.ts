import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jpegTakenAt } from '../../../packages/server/src/ingest/dates/testing.ts';
import { quote } from '../../demo/screen.ts';
import type { Told } from '../../demo/story.ts';
import type { SyncthingPair } from '../../syncthing/pair.ts';
import { hashOf, mirrored, type Phone, until } from '../phone.ts';

/** What the phone took, by its path there: SHA-256. */
export type Photos = ReadonlyMap<string, string>;

/** One a month, so that the mirror has something to sort. */
const dates = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2026, month, 14, 18, 3, 22)));

/** Takes 12 photos on the phone and waits until the NAS has them. */
export const takePhotos = async ({ phone, nas, waitInSync }: SyncthingPair): Promise<Told<Photos>> => {
  const photos = new Map<string, string>();
  for (const [index, date] of dates.entries()) {
    const name = `IMG_${String(index + 1).padStart(4, '0')}.jpg`;
    const bytes = jpegTakenAt(date, index + 1);
    await write(join(phone.folder, 'DCIM/Camera', name), bytes);
    photos.set(`DCIM/Camera/${name}`, hashOf(bytes));
  }
  await waitInSync(120_000);
  quote(
    [...photos.keys()]
      .slice(0, 3)
      .map((path) => join(nas.folder, path))
      .join('\n'),
  );
  return { result: 'each with the date it was taken; all of them have arrived', value: photos };
};

/** Waits until every one of them is in the mirror, byte for byte. */
export const seeMirror = async (phone: Phone, photos: Photos): Promise<Told<undefined>> => {
  await until('all of them are in the mirror', phone.stage, async () => {
    const found = new Set((await mirrored(phone)).values());
    return [...photos.values()].every((hash) => found.has(hash));
  });
  const shown = [...(await mirrored(phone)).keys()].toSorted();
  quote([...shown.slice(0, 3), `… ${shown.length} in all`].map((path) => join(phone.media, path)).join('\n'));
  return { result: 'all of them, byte for byte, by the months they were taken', value: undefined };
};

const write = async (file: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
};
