import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configOf, temporaryFolder } from '../sources/testing.ts';
import { phonePlaceFindings } from './place-findings.ts';

test("a phone's folder in or around the server's own is refused, also behind a link and before its disk is there", async () => {
  await using folder = await temporaryFolder();
  for (const name of ['data/deep', 'config', 'phones/lisa', 'photos'])
    mkdirSync(folder.path(name), { recursive: true });
  symlinkSync(folder.path('data/deep'), folder.path('link'));
  symlinkSync(folder.path('phones'), folder.path('other'));
  const own = { dataDir: folder.path('data'), configDir: folder.path('config') };
  const wordsFor = (ingest: string, to: string): readonly string[] => {
    const { sources } = configOf(
      JSON.stringify({
        sources: {
          lisa: {
            uid: 1010,
            ingest: { folder: folder.path(ingest), password_file: 'p' },
            media: { to: folder.path(to) },
          },
        },
      }),
    );
    return phonePlaceFindings(sources, own).map(({ code, message }) => {
      expect(code).toBe('phone-folder');
      return message.replaceAll(folder.path(''), '').replaceAll(' /', ' ');
    });
  };
  expect(wordsFor('phones/lisa', 'photos')).toEqual([]);
  expect(wordsFor('database', 'photos')).toEqual([]);
  expect(wordsFor('data/phones', 'photos')).toEqual([
    "The ingest folder of lisa, data/phones, lies in the server's data folder.",
  ]);
  expect(wordsFor('link/missing/lisa', 'photos')).toEqual([
    "The ingest folder of lisa, link/missing/lisa, lies in the server's data folder.",
  ]);
  expect(wordsFor('phones/lisa', 'config')).toEqual(['The mirror of lisa, config, is the folder of sources.yaml.']);
  expect(wordsFor('phones/lisa', 'other/lisa/photos')).toEqual([
    'The mirror of lisa, other/lisa/photos, lies in phones/lisa of lisa.',
  ]);
});

test('a folder around the data folder is refused too', async () => {
  await using folder = await temporaryFolder();
  const { sources } = configOf(
    JSON.stringify({ sources: { lisa: { uid: 1, ingest: { folder: folder.path('a'), password_file: 'p' } } } }),
  );
  expect(phonePlaceFindings(sources, { dataDir: folder.path('a/data'), configDir: null })).toMatchObject([
    { source: 'lisa', message: expect.stringContaining("lies around the server's data folder") },
  ]);
});
