import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import { z } from 'zod';
import type { Verifier } from '../engine.ts';
import { dumpFailed, dumpUnverified } from '../failed.ts';

/** What is copied: `objects/` with the objects, and `objects.json`, which names them with their sizes. */
export const objectsFolder = 'objects';
const listFile = 'objects.json';

const listShape = z.array(z.object({ key: z.string(), size: z.int().min(0) }));
/** The objects of a bucket. */
export type Objects = z.output<typeof listShape>;

/** Writes the list beside the objects. */
export const writeList = (folder: string, objects: Objects): Promise<void> =>
  writeFile(join(folder, listFile), `[\n${objects.map((object) => JSON.stringify(object)).join(',\n')}\n]\n`);

/**
 * Whoever may put an object into a bucket chooses its key, and the mirror makes a path of that here, as who this agent is. Throws 'dump-failed' for keys
 * that lead out of the folder.
 */
export const stayBelow = (objects: Objects): Objects => {
  const strange = objects.find(({ key }) => key.startsWith('/') || key.split(/[\\/]/).some((part) => part === '..'));
  if (strange === undefined) return objects;
  throw dumpFailed(`The bucket has an object that no folder can hold: ${printable(strange.key, 200)}.`);
};

/** Of what was listed before and after the copy: whatever did not change in between must be in it. */
export const steady = (before: Objects, after: Objects): Objects => {
  const sizes = new Map(after.map(({ key, size }) => [key, size]));
  return before.filter(({ key, size }) => sizes.get(key) === size);
};

/** Every object of the list lies there with its size. */
export const objectsVerifier = (folder: string | null): Verifier => ({
  see: () => undefined,
  conclude: async () => {
    if (folder === null) throw new Error('a bucket is a folder');
    for (const { key, size } of await listOf(folder)) {
      const found = await stat(join(folder, objectsFolder, key)).catch(() => null);
      if (found?.size !== size) throw dumpUnverified(`The object ${printable(key, 200)} is missing or was cut.`);
    }
    return 'stream';
  },
  [Symbol.asyncDispose]: async () => undefined,
});

const listOf = async (folder: string): Promise<Objects> => {
  try {
    return listShape.parse(JSON.parse(await readFile(join(folder, listFile), 'utf8')));
  } catch (error) {
    throw dumpUnverified('The list of objects is missing or damaged.', error);
  }
};
