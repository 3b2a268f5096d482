import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Http, httpOf, urlField } from './http.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const at = (url: string, headers: Record<string, string> = {}): Promise<Http> =>
  httpOf({ url, at: { kind: 'host' }, ca_file: null }, 1, headers, {
    addressOf: () => Promise.reject(new Error('url wins')),
  });

const { signal } = new AbortController();
const text = async (http: Http): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const chunk of (await http.stream({ path: '/' }, signal)).chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
};

test('a body that is shorter than was promised, or whose chunks have no end, is no body', async () => {
  const short = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  await expect(text(await at(short))).rejects.toMatchObject({
    code: 'dump-failed',
    message: expect.stringContaining('4 bytes of 100'),
  });
  const endless = await serve((_, response) => {
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  await expect(text(await at(endless))).rejects.toMatchObject({ code: 'dump-failed' });
  const unframed = await serve((request) => {
    request.socket.end('HTTP/1.1 200 OK\r\n\r\nhalf or whole?');
  });
  await expect(text(await at(unframed))).rejects.toMatchObject({ code: 'dump-failed' });
});

test('a whole body comes through, with a length and in chunks', async () => {
  expect(await text(await at(await serve((_, response) => response.end('whole'))))).toBe('whole');
  const chunked = await serve((_, response) => {
    response.write('who');
    response.end('le');
  });
  expect(await text(await at(chunked))).toBe('whole');
});

test('credentials go to no other origin', async () => {
  const seen: string[] = [];
  const other = await serve((request, response) => {
    seen.push(String(request.headers['x-key']));
    response.end('caught');
  });
  const first = await serve((_, response) => response.writeHead(307, { location: `${other}/` }).end());
  await expect(text(await at(first, { 'x-key': 'secret' }))).rejects.toMatchObject({
    code: 'database-refused',
    remedy: expect.stringContaining(other),
  });
  expect(seen).toEqual([]);
});

test('a redirect within the origin is followed', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/') response.writeHead(307, { location: '/there' }).end();
    else response.end(String(request.headers['x-key']));
  });
  expect(await text(await at(url, { 'x-key': 'secret' }))).toBe('secret');
});

test('a server that is not there, one that refuses, and one that fails are told apart', async () => {
  await expect(text(await at('http://127.0.0.1:1'))).rejects.toMatchObject({ code: 'database-unreachable' });
  for (const [status, code] of [
    [401, 'database-refused'],
    [403, 'database-refused'],
    [500, 'dump-failed'],
  ] as const) {
    const url = await serve((_, response) => response.writeHead(status).end('why'));
    await expect(text(await at(url))).rejects.toMatchObject({
      code,
      cause: expect.objectContaining({ message: `${status} why` }),
    });
  }
});

test('what a server says of a request stays without what let us in', async () => {
  const url = await serve((request, response) =>
    response.writeHead(500).end(`you sent ${request.headers.authorization} and ${request.headers['x-key']}`),
  );
  await expect(text(await at(url, { authorization: 'Bearer t0ken', 'x-key': 'k3y!' }))).rejects.toMatchObject({
    cause: expect.objectContaining({ message: '500 you sent … and …' }),
  });
});

test('an answer of another shape is of another server', async () => {
  const url = await serve((_, response) => response.end('<html>'));
  await expect((await at(url)).json(z.object({}), { path: '/' }, signal)).rejects.toMatchObject({
    code: 'database-refused',
  });
});

test('a stream that breaks while it is sent is never seen whole by the server', async () => {
  let isWhole = false;
  const url = await serve((request, response) => {
    request.on('end', () => {
      isWhole = true;
      response.end();
    });
    request.on('error', () => undefined);
    request.resume();
  });
  const chunks = (async function* () {
    yield Buffer.from('half');
    throw new Error('restic broke off');
  })();
  const http = await at(url);
  await expect(http.send({ method: 'POST', path: '/', body: { chunks, type: 'x/y' } }, signal)).rejects.toThrow();
  expect(isWhole).toBe(false);
});

test('cancelling ends a request that is not answered, and one in its body', async () => {
  const silent = await serve(() => undefined);
  const first = new AbortController();
  setTimeout(() => first.abort(), 20);
  await expect((await at(silent)).send({ path: '/' }, first.signal)).rejects.toMatchObject({ code: 'cancelled' });
  const endless = await serve((_, response) => void response.write('on and on'));
  const second = new AbortController();
  const { chunks } = await (await at(endless)).stream({ path: '/' }, second.signal);
  setTimeout(() => second.abort(), 20);
  await expect(
    (async () => {
      for await (const _ of chunks);
    })(),
  ).rejects.toMatchObject({ code: 'cancelled' });
});

test('a URL has no password and no path', () => {
  const url = urlField('http://127.0.0.1:1');
  expect(url.parse('https://db.lan:9200/')).toBe('https://db.lan:9200');
  for (const wrong of ['http://me:secret@db.lan', 'ftp://db.lan', 'db.lan:80', 'http://db.lan/path']) {
    expect(url.safeParse(wrong).success, wrong).toBe(false);
  }
});
