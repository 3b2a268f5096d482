import { link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { identityOf, liveObjects, pathOf, type StoredObject, totalBytes, trashedObjects } from '../../objects.ts';
import { demand } from '../../programs.ts';
import { quote, typed } from '../../screen.ts';
import { expect } from '../../story.ts';
import { count, size } from '../../words.ts';
import type { Attacker } from './attacker.ts';

/**
 * What the attacker deleted is in the trash, byte for byte: each object's content still has the hash it had. Put together
 * again, restic finds every snapshot whole.
 */
export const pastIsWhole = async (attacker: Attacker, before: readonly StoredObject[]): Promise<string> => {
  const { stage, receiver, self } = attacker;
  const kept = [...(await liveObjects(receiver, self)), ...(await trashedObjects(receiver, self))];
  const found = new Map(kept.map((object) => [identityOf(object), object]));
  const view = 'view';
  for (const object of before) {
    const there = found.get(identityOf(object));
    expect(there !== undefined, `${pathOf(object)} is gone`);
    await place(view, there);
  }
  const options = ['-r', view, '--password-file', join(self.name, 'password'), '--no-cache'];
  typed(['restic', ...options, 'check']);
  quote(await demand(stage, ['restic', ...options, 'check']));
  const snapshots = before.filter(({ type }) => type === 'snapshots').length;
  return `${size(totalBytes(before))} hash by hash, ${count(snapshots, 'snapshot')} whole for restic`;
};

/** In restic's own layout, as a hard link: nothing is copied, nothing on the server changes. */
const place = async (view: string, { type, name, file }: StoredObject): Promise<void> => {
  const folder = type === 'data' ? join('data', name.slice(0, 2)) : type;
  const path = join(view, type === 'config' ? 'config' : join(folder, name));
  await mkdir(dirname(path), { recursive: true });
  await link(file, path);
};
