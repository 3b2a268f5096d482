import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDisk } from '../store/disk.ts';
import type { Store } from '../store/open.ts';
import { openView } from '../store/past/view.ts';
import { bodyOf, faultyDisk, objectOf, sourceDirectory, testStore } from '../store/testing.ts';
import { handle } from './handle.ts';
import type { Request, Response } from './message.ts';

const version2 = 'application/vnd.x.restic.rest.v2';

const request = (method: string, path: string, extra: Partial<Request> = {}): Request => ({
  method,
  path,
  accept: version2,
  range: undefined,
  contentLength: undefined,
  body: bodyOf(Buffer.alloc(0)),
  ...extra,
});

const post = (path: string, text: string | Buffer, contentLength: string | undefined = String(text.length)): Request =>
  request('POST', path, { contentLength, body: bodyOf(Buffer.from(text)) });

const bodyText = async ({ body }: Response): Promise<string> => {
  if (typeof body === 'string') return body;
  return Buffer.concat(await Array.fromAsync(body)).toString();
};

const stored = objectOf('0123456789');
const other = objectOf('other');
const absent = objectOf('absent');
const path = `/data/${stored.name}`;

/** The contract of docs/rest-api.md: a request, in a repository that holds `stored` and a config, and its answer. */
const contract: readonly (readonly [string, Request, number, Readonly<Record<string, string>>?, (string | RegExp)?])[] =
  [
    ['the probe restic sends before anything else', request('GET', '/file-5577006791947779410'), 404],
    ['creating the repository', request('POST', '/?create=true'), 200],
    ['creating it again', request('POST', '/?create=true'), 200],
    ['deleting the repository', request('DELETE', '/'), 403],
    ['another method on the repository', request('PUT', '/'), 405, { allow: 'POST, DELETE' }],
    ['is there a config', request('HEAD', '/config'), 200, { 'content-length': '6' }],
    ['the config', request('GET', '/config'), 200, { 'content-length': '6' }, 'config'],
    ['the same config again', post('/config', 'config'), 200],
    ['another config', post('/config', 'CONFIG'), 403],
    ['a config of unannounced size', { ...post('/config', 'config'), contentLength: undefined }, 411],
    ['an object that is there', request('HEAD', path), 200, { 'content-length': '10', 'accept-ranges': 'bytes' }],
    ['an object that is not', request('HEAD', `/data/${absent.name}`), 404],
    ['reading what is not there', request('GET', `/data/${absent.name}`), 404],
    ['the same object under another type', request('GET', `/index/${stored.name}`), 404],
    ['reading all of it', request('GET', path), 200, { 'content-length': '10' }, '0123456789'],
    ['a part', request('GET', path, { range: 'bytes=2-4' }), 206, { 'content-range': 'bytes 2-4/10' }, '234'],
    ['from a place to the end', request('GET', path, { range: 'bytes=7-' }), 206, { 'content-length': '3' }, '789'],
    ['the last bytes', request('GET', path, { range: 'bytes=-2' }), 206, { 'content-range': 'bytes 8-9/10' }, '89'],
    [
      'a part past the end',
      request('GET', path, { range: 'bytes=8-99' }),
      206,
      { 'content-range': 'bytes 8-9/10' },
      '89',
    ],
    ['a part behind the end', request('GET', path, { range: 'bytes=10-' }), 416, { 'content-range': 'bytes */10' }],
    ['no bytes from the end', request('GET', path, { range: 'bytes=-0' }), 416],
    ['several ranges', request('GET', path, { range: 'bytes=0-1,3-4' }), 200, {}, '0123456789'],
    ['a range that is none', request('GET', path, { range: 'bytes=4-2' }), 200, {}, '0123456789'],
    ['storing an object', post(`/data/${other.name}`, 'other'), 200],
    ['storing it again, as restic does after a lost answer', post(`/data/${other.name}`, 'other'), 200],
    ['other bytes under its name', post(`/data/${other.name}`, 'OTHER'), 403],
    ['bytes that are not the name', post(`/keys/${absent.name}`, 'present'), 400],
    ['a body shorter than announced', post(`/keys/${absent.name}`, 'absent', '7'), 400],
    ['a body longer than announced', post(`/keys/${absent.name}`, 'absent', '5'), 400],
    ['a size that is no number', post(`/keys/${absent.name}`, 'absent', '-1'), 400],
    ['an object of unannounced size', { ...post(`/locks/${absent.name}`, 'absent'), contentLength: undefined }, 200],
    ['deleting an object', request('DELETE', `/locks/${absent.name}`), 200],
    ['deleting it again, as restic does after a lost answer', request('DELETE', `/locks/${absent.name}`), 200],
    ['another method on an object', request('PATCH', path), 405, { allow: 'HEAD, GET, POST, DELETE' }],
    ['a listing', request('GET', '/data/'), 200, { 'content-type': version2 }, /"size":10}/],
    ['an empty listing', request('GET', '/snapshots/'), 200, { 'content-type': version2 }, '[]'],
    [
      'a listing in version 1',
      request('GET', '/data/', { accept: undefined }),
      200,
      {},
      new RegExp(`"${stored.name}"`),
    ],
    ['deleting a listing', request('DELETE', '/data/'), 405, { allow: 'GET' }],
    ['a type without its slash', request('GET', '/data'), 404],
    ['an unknown type', request('GET', '/trash/'), 404],
    ['a name in capitals', request('GET', path.toUpperCase()), 404],
    ['a name with a way out', request('GET', '/data/../../journal/2026-11.jsonl'), 404],
    ['an encoded way out', request('GET', '/data/%2e%2e%2fconfig'), 404],
    ['a query where none belongs', request('GET', `${path}?x`), 404],
  ];

describe('the contract', () => {
  let source: Awaited<ReturnType<typeof sourceDirectory>>;
  let store: Store;

  beforeAll(async () => {
    source = await sourceDirectory();
    store = await testStore(source.directory);
    await handle(store, post('/config', 'config'));
    await handle(store, post(path, stored.bytes));
  });

  afterAll(async () => {
    await store.close();
    await source[Symbol.asyncDispose]();
  });

  for (const [name, sent, status, headers = {}, body] of contract)
    test(name, async () => {
      const answer = await handle(store, sent);
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject(headers);
      const text = await bodyText(answer);
      if (body !== undefined)
        expect(text).toMatch(body instanceof RegExp ? body : new RegExp(`^${RegExp.escape(body)}$`));
    });

  test('no method, path, header or body escapes, crashes or is answered as a fault of the server', async () => {
    const segment = fc.oneof(
      fc.constantFrom('', '.', '..', 'data', 'index', 'keys', 'config', 'trash', 'journal', '%2e%2e', stored.name),
      fc.string(),
      fc.string({ unit: 'binary' }),
    );
    const anyRequest = fc.record({
      method: fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'OPTIONS'), fc.string()),
      path: fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`),
      accept: fc.option(fc.string(), { nil: undefined }),
      range: fc.option(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
        ),
        {
          nil: undefined,
        },
      ),
      contentLength: fc.option(fc.oneof(fc.string(), fc.nat(20).map(String)), { nil: undefined }),
      text: fc.string(),
    });
    const before = new Set(await source.files('repo'));
    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ text, ...sent }) => {
        const answer = await handle(store, { ...sent, body: bodyOf(Buffer.from(text)) });
        expect(answer.status).toBeLessThan(500);
        await bodyText(answer);
        if (sent.method === 'DELETE' && answer.status === 200) await handle(store, post(path, stored.bytes));
        await handle(store, post('/config', 'config'));
      }),
      randomRuns({ everyday: 150, long: 1000 }),
    );
    for (const file of await source.files('repo'))
      expect(before.has(file) || /^(\w+\/)+[0-9a-f]{64}$/.test(file)).toBe(true);
    expect(await source.files('incoming')).toEqual([]);
  });
});

test('a used-up quota answers 507 before the first byte', async () => {
  await using source = await sourceDirectory();
  await using store = await testStore(source.directory, { quotaBytes: 9 });
  const answer = await handle(store, post(path, stored.bytes));
  expect([answer.status, await bodyText(answer)]).toEqual([507, 'the quota of this source is used up\n']);
});

test('a full disk answers 507 and leaves nothing', async () => {
  await using source = await sourceDirectory();
  const disk = faultyDisk({
    call: 'writev',
    code: 'ENOSPC',
    when: (file) => file.includes('/incoming/') && !file.endsWith('/2'),
  });
  await using store = await testStore(source.directory, { disk });
  const answer = await handle(store, post(path, stored.bytes));
  expect([answer.status, await bodyText(answer)]).toEqual([507, "the server's disk is full\n"]);
  expect(await source.files()).toEqual([]);
});

describe('a view of the past', () => {
  const readOnly = 'the past is read-only (give restic --no-lock)\n';

  const withView = async () => {
    const source = await sourceDirectory();
    await using live = await testStore(source.directory);
    await handle(live, post('/config', 'config'));
    await handle(live, post(path, stored.bytes));
    const moment = { kind: 'time', at: Date.now() } as const;
    const view = await openView({ disk: nodeDisk, directory: source.directory, moment });
    await handle(live, request('DELETE', path));
    await handle(live, request('DELETE', '/config'));
    return { source, view, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
  };

  test('answers every reading request as the repository did', async () => {
    await using past = await withView();
    const reading = contract.filter(([, { method, path: asked }]) => /^(GET|HEAD)$/.test(method) && asked !== '/data/');
    expect(reading.length).toBeGreaterThan(20);
    for (const [name, sent, status, headers = {}, body] of reading) {
      const answer = await handle(past.view, sent);
      expect([name, answer.status]).toEqual([name, status]);
      expect(answer.headers).toMatchObject(headers);
      if (body !== undefined) expect(await bodyText(answer)).toMatch(body);
      else await bodyText(answer);
    }
    expect(await bodyText(await handle(past.view, request('GET', '/data/')))).toBe(
      JSON.stringify([{ name: stored.name, size: 10 }]),
    );
  });

  test.each([
    ['a lock', post(`/locks/${absent.name}`, 'absent')],
    ['an object that is there', post(path, stored.bytes)],
    ['the config', post('/config', 'config')],
    ['a config without its size', { ...post('/config', 'config'), contentLength: undefined }],
    ['a new repository', request('POST', '/?create=true')],
    ['the end of an object', request('DELETE', path)],
    ['the end of one that is not there', request('DELETE', `/data/${absent.name}`)],
    ['the end of the config', request('DELETE', '/config')],
    ['the end of the repository', request('DELETE', '/')],
  ])('refuses %s, says how to ask, and changes nothing', async (_, sent) => {
    await using past = await withView();
    const before = await past.source.files();
    const answer = await handle(past.view, sent);
    expect([answer.status, await bodyText(answer)]).toEqual([403, readOnly]);
    expect(await past.source.files()).toEqual(before);
  });
});
