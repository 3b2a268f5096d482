import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Things } from '../recover/things.ts';

/** A private folder (0700) below `parent`, which goes when it is disposed of; noted before it is made, so that a crash leaves none for good. */
export const makeScratch = async (
  parent: string,
  things: Things,
  suffix = randomBytes(8).toString('hex'),
): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = join(parent, `scratch-${suffix}`);
  const noted = await things.note({ kind: 'folder', path });
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await mkdir(path, { mode: 0o700 });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true });
      await noted.done();
    },
  };
};
