import { join } from 'node:path';
import { expect } from '../../demo/story.ts';
import { count } from '../../demo/words.ts';
import { hashesBelow, type Phone } from '../phone.ts';
import { backUp, berthServer, filesIn } from './backup.ts';
import type { Photos } from './photos.ts';

/** Backs up what is left of the phone, and looks into the snapshot that was made before. */
export const findInSnapshots = async (phone: Phone, photos: Photos, first: string): Promise<string> => {
  const newest = await backUp(phone);
  expect(newest !== first, 'no new snapshot was made');
  const then = await filesIn(phone, first);
  const missing = [...photos.keys()].filter((path) => !then.includes(path));
  expect(missing.length === 0, `${count(missing.length, 'photo')} gone from the earlier snapshot`);
  return `${newest} is the phone as it is now; ${first} still has all ${photos.size}`;
};

/** Brings one photo back from the snapshot that has it, and compares it. */
export const restoreOne = async (phone: Phone, photos: Photos, snapshot: string): Promise<string> => {
  const [path = '', hash = ''] = [...photos][4] ?? [];
  const target = join(phone.stage.directory, 'restored');
  await berthServer(phone, 'restore', phone.name, path, '--to', target, '--snapshot', snapshot);
  const restored = await hashesBelow(target);
  expect(restored.get(path) === hash, 'what came back is not what was taken');
  return `${path}, the same bytes`;
};
