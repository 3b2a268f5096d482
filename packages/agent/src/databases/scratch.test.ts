import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Things } from '../recover/things.ts';
import { makeScratch } from './scratch.ts';
import { thingsInMemory } from './testing.ts';

test('a scratch folder is private, noted before it is there, and gone afterwards with what is in it', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'berth-scratch-'));
  const things = thingsInMemory();
  const wasThere: boolean[] = [];
  const watching: Things = {
    note: async (thing) => {
      wasThere.push((await readdir(parent)).length > 0);
      return things.note(thing);
    },
  };
  {
    await using scratch = await makeScratch(parent, watching);
    await writeFile(join(scratch.path, 'options'), 'a secret');
    if (process.platform !== 'win32') expect((await stat(scratch.path)).mode & 0o777).toBe(0o700);
    expect(things.open()).toEqual([{ kind: 'folder', path: scratch.path }]);
  }
  expect(wasThere).toEqual([false]);
  expect(await readdir(parent)).toEqual([]);
  expect(things.open()).toEqual([]);
  await rm(parent, { recursive: true });
});
