import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSessionArguments, parseSessionArguments } from './arguments.ts';
import { parseRequest } from './request.ts';
import { viewRemarks } from './view-remarks.ts';

test.each([
  ['receive', { service: 'receive', asOf: null }],
  ['control', { service: 'control' }],
  [
    'receive --as-of 2026-11-14T22:59:59.999Z',
    { service: 'receive', asOf: { kind: 'time', at: Date.UTC(2026, 10, 14, 22, 59, 59, 999) } },
  ],
  ['receive --as-of 2026110000001234', { service: 'receive', asOf: { kind: 'place', seq: 2026110000001234 } }],
])('%j is a request', (command, request) => {
  expect(parseRequest(command)).toEqual(request);
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
  'receive --as-of',
  'receive --as-of ',
  'receive --as-of yesterday',
  'receive --as-of 2026-11-14',
  'receive --as-of 2026-11-14T22:59:59Z',
  'receive --as-of  2026-11-14T22:59:59.999Z',
  'receive --as-of 2026-11-14T22:59:59.999Z ',
  'receive --as-of 2026-11-14T22:59:59.999Z\n',
  'receive --as-of 2026-11-14T22:59:59.999Z; id',
  'receive --as-of=2026-11-14T22:59:59.999Z',
  'receive  --as-of 2026-11-14T22:59:59.999Z',
  'receive --as-of 2026-02-30T22:59:59.999Z',
  'receive --as-of 2026990000001234',
  'receive --as-of 9999999999999999',
  'receive --as-of 2026110000001234 --directory /data/sources/beta',
  'receive --as-of ../../beta',
  'control --as-of 2026110000001234',
])('%j is none', (command) => {
  expect(parseRequest(command)).toBeNull();
});

test('what stands behind --as-of is read as a moment or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.nat().map(String)), (text) => {
      expect(parseRequest(`receive --as-of ${text}`)).toBeNull();
    }),
  );
});

const view = { until: null, at: 2_000, begins: 1_000, repository: true, missing: 0 };

test('a whole view says nothing; one that lacks something says what, in a line', () => {
  expect(viewRemarks(view)).toEqual([]);
  expect(viewRemarks({ ...view, missing: 1 })).toEqual([
    'berth: 1 object of that moment is gone for good; what needs it cannot be restored',
  ]);
  expect(viewRemarks({ ...view, missing: 3 })[0]).toContain('3 objects of that moment are gone for good');
  expect(viewRemarks({ ...view, repository: false })).toEqual(['berth: this source had no repository at that moment']);
  expect(viewRemarks({ ...view, at: null, repository: false })).toEqual([
    'berth: the past of this source begins at 1970-01-01T00:00:01.000Z',
  ]);
  expect(viewRemarks({ ...view, at: null, begins: null, repository: false })).toEqual([
    'berth: nothing was ever backed up here',
  ]);
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
