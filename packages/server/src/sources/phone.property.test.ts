import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeDiff } from './describe-diff.ts';
import { diffConfigs } from './diff.ts';
import { areApart } from './folder-path.ts';
import { phoneFolders } from './ingest-conflicts.ts';
import { parseSources } from './load.ts';
import { configOf } from './testing.ts';

const nobody = configOf('sources: {}');
const key = 'Zyx9876543210abcdefGHIJKLMNopqrs';

const nonsense = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    '.',
    '..',
    '/',
    '~',
    '1',
    1,
    -1,
    0.5,
    null,
    true,
    [],
    {},
    'x'.repeat(2000),
    '\u0000',
    '\u{202e}x',
    'never',
  ),
  fc.string(),
);
const folder = fc.constantFrom('/v/a', '/v/a/', '/v/a/b', '/v/b', '/v', '/v//c', '/v/c/d', '/etc', 'v');
const or = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: nonsense });
const some = (shape: Readonly<Record<string, fc.Arbitrary<unknown>>>, requiredKeys: string[]) =>
  or(fc.record(Object.fromEntries(Object.entries(shape).map(([name, of]) => [name, or(of)])), { requiredKeys }));

const url = fc.constantFrom(
  'http://nas:8384',
  'https://admin:hunter2@nas',
  'http://nas/?apikey=hunter2',
  'https://nas/#x',
  'nas',
);
const syncthing = some(
  {
    url,
    api_key_file: fc.constantFrom('k', key),
    folder_id: fc.constantFrom('x', 'y', 5),
    certificate_file: fc.constant('c'),
  },
  ['url', 'api_key_file', 'folder_id'],
);
const ingest = some(
  {
    ...{ folder, password_file: fc.constantFrom('p', '/p'), group: fc.constantFrom(1000, 1, '5', 0), syncthing },
    ...{ exclude: fc.array(fc.string(), { maxLength: 2 }), settle: fc.constantFrom('1h', 5, '1d') },
    unseen_after: fc.constantFrom('3d', 'never', 'off', 1),
  },
  ['folder', 'password_file'],
);
const media = some(
  {
    ...{
      to: folder,
      from: fc.array(fc.constantFrom('DCIM', 'DCIM/a', '.', '/x'), { maxLength: 2 }),
      every: fc.constantFrom('1m', 60),
    },
    layout: fc.constantFrom('as-is', 'by-date', 'date'),
  },
  ['to'],
);
const source = fc.record(
  { uid: fc.constantFrom(1, 2, 3), ingest, media, access: fc.constant('sftp'), key: fc.constant('x') },
  { requiredKeys: ['uid', 'ingest'] },
);

test('whatever is written of phones is a complete setting or a finding with its place and remedy, and shows no secret', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c'), source, { maxKeys: 3 }), (sources) => {
      const parsed = parseSources({ file: 'f', content: JSON.stringify({ sources }) });
      if (parsed.kind === 'invalid') {
        for (const { line, message, remedy } of parsed.findings) {
          expect(line).toBe(1);
          expect(remedy).not.toBe('');
          expect(`${message}${remedy}`).not.toMatch(/hunter2|[\0-\x09\x0b-\x1f\u202e]/);
          expect(`${message}${remedy}`).not.toContain(key);
        }
        return;
      }
      accepted += 1;
      const folders = phoneFolders(parsed.config.sources);
      for (const [index, one] of folders.entries())
        for (const other of folders.slice(0, index)) expect(areApart(one.folder, other.folder)).toBe(true);
      const words = describeDiff(diffConfigs(nobody, parsed.config)).join('\n');
      expect(words).not.toMatch(/undefined|null|NaN|\[object|, ,|hunter2/);
    }),
    randomRuns({ everyday: 100, long: 2000 }),
  );
  expect(accepted).toBeGreaterThan(0);
});
