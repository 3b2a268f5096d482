import { expect, test } from 'vitest';
import { ingestConfig } from './config.ts';

const config = (exclude: readonly string[], ingest = '/volume1/phones/lisa') =>
  ingestConfig({ name: 'lisa-phone', ingest, exclude });

test('a phone backs up what is in its folder, by the paths it has there, and retries for an hour', () => {
  const { name, paths, retry, hooks, priority, exclude } = config([]);
  expect({ name, paths, forMs: retry.for, hooks, priority }).toEqual({
    ...{ name: 'lisa-phone', paths: ['.'], forMs: 3_600_000 },
    ...{ hooks: { before: [], after: [], failure: [] }, priority: { nice: 0, ionice: 'normal' } },
  });
  expect(exclude).toMatchObject({ caches: false, if_present: [], files: [] });
});

test('nothing is left out but what is Syncthing’s own, and what the admin says', () => {
  const own = ['.stfolder', '.stversions', '.syncthing.*', '~syncthing~*'];
  expect(config([]).exclude.patterns).toEqual(own);
  expect(config(['*.tmp']).exclude.patterns).toEqual([...own, '*.tmp']);
});

test('a pattern that begins with a slash begins at the top of the folder, whatever that is called', () => {
  const patterns = (pattern: string, ingest?: string) => config([pattern], ingest).exclude.patterns.at(-1);
  expect(patterns('/Android/data')).toBe('/volume1/phones/lisa/Android/data');
  expect(patterns('!/Android/media')).toBe('!/volume1/phones/lisa/Android/media');
  expect(patterns('Android/data')).toBe('Android/data');
  expect(patterns('/a', '/mnt/[phones]/*')).toBe('/mnt/\\[phones]/\\*/a');
});

test('retention, prune and check are the server’s to say: the config writes nothing of its own', () => {
  const { own } = config([]);
  expect(JSON.stringify(own)).toBe('{"retention":{},"prune":{},"check":{}}');
});
