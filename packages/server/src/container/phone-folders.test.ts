import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configOf, temporaryFolder } from '../sources/testing.ts';
import { requirePhoneFolders } from './phone-folders.ts';

test('up names the folder of a phone that is missing, and what to do, before anything that runs is touched', async () => {
  await using folder = await temporaryFolder();
  const own = { dataDir: folder.path('data'), configDir: folder.path('config') };
  const { sources } = configOf(
    JSON.stringify({
      sources: {
        lisa: {
          uid: 1010,
          ingest: { folder: folder.path("lisa's phone"), password_file: 'p' },
          media: { to: folder.path("photos of 'lisa'") },
        },
      },
    }),
  );
  const ask = (): void => requirePhoneFolders(sources, own);
  expect(ask).toThrow(`The ingest folder of lisa, ${folder.path("lisa's phone")}, is not a folder on this machine.`);
  mkdirSync(folder.path("lisa's phone"));
  writeFileSync(folder.path("photos of 'lisa'"), 'a file is none');
  expect(ask).toThrow(
    expect.objectContaining({
      code: 'phone-folder-missing',
      remedy: expect.stringContaining(`install -d -o 1010 -m 2750 '${folder.path("photos of '\\''lisa'\\''")}'`),
    }),
  );
  const [lisa] = sources;
  if (lisa === undefined) throw new Error('there is one');
  expect(() => requirePhoneFolders([{ ...lisa, media: null }], own)).not.toThrow();
  expect(() => requirePhoneFolders([{ ...lisa, media: null }], { ...own, dataDir: folder.path('.') })).toThrow(
    "lies in the server's data folder",
  );
});
