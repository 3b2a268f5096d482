import { expect, test } from 'vitest';
import { formatSessionArguments, parseSessionArguments } from './arguments.ts';
import { parseService } from './request.ts';

test.each(['receive', 'control'])('%s is a service', (word) => {
  expect(parseService(word)).toBe(word);
});

test.each([
  undefined,
  '',
  'receive ',
  ' receive',
  'receive\n',
  'receive; id',
  'RECEIVE',
  'control && sh',
  'internal-sftp',
  'scp -t /',
  'rsync --server . /',
  'constructor',
])('%j is no service', (word) => {
  expect(parseService(word)).toBeNull();
});

test('the words of the forced command come back as they were meant', () => {
  const said = { source: 'alpha', key: 'SHA256:abc', controlSocket: '/run/a b/api.sock' };
  const words = formatSessionArguments({ ...said, dataDir: '/data', quotaBytes: 10, floorBytes: 0 });
  const directory = '/data/sources/alpha';
  expect(parseSessionArguments(words)).toEqual({ ...said, directory, quotaBytes: 10, floorBytes: 0 });
});

test.each([
  [[]],
  [['--source', 'alpha']],
  [['--shell', 'sh']],
  [['--source', 'a', '--key', 'k', '--directory', 'd', '--control-socket', 's', '--quota', '1e3']],
])('a forced command that is not ours is an error: %j', (words) => {
  expect(() => parseSessionArguments(words)).toThrow();
});
