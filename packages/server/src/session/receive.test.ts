import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bodyOf, contentOf, faultyDisk, objectOf, sourceDirectory, testStore } from '../store/testing.ts';
import { receive } from './receive.ts';

/** A session on a real socket, and an HTTP/2 client of it with prior knowledge, as restic is one. */
const withSession = async (options: Parameters<typeof testStore>[1] = {}) => {
  const source = await sourceDirectory();
  const store = await testStore(source.directory, options);
  const complaints: string[] = [];
  const path = join(source.directory, 'session.sock');
  let ended: Promise<void> = Promise.resolve();
  const server = createServer((socket) => {
    ended = receive(socket, store, (line) => complaints.push(line));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = connect('http://localhost', { createConnection: () => connectSocket(path) });
  client.on('error', () => undefined);
  return {
    source,
    store,
    client,
    complaints,
    ended: () => ended,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await ended;
      server.close();
      await store.close();
      await source[Symbol.asyncDispose]();
    },
  };
};

const answerTo = async (client: ClientHttp2Session, headers: Record<string, string>, body: Buffer | null = null) => {
  const stream = client.request(headers, { endStream: body === null });
  const answered = new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
  });
  if (body !== null) stream.end(body);
  const got = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { status: Number(got[':status']), headers: got, body: Buffer.concat(chunks) };
};

const post = (path: string, length: number) => ({ ':method': 'POST', ':path': path, 'content-length': String(length) });

test('a large object goes in and comes out the same, and so does a part of it', async () => {
  await using session = await withSession();
  const { bytes, name } = objectOf(Buffer.alloc(20 * 1024 * 1024, 'berth'));
  const path = `/data/${name}`;
  expect((await answerTo(session.client, post(path, bytes.length), bytes)).status).toBe(200);
  const whole = await answerTo(session.client, { ':path': path });
  expect(whole.body.equals(bytes)).toBe(true);
  const part = await answerTo(session.client, { ':path': path, range: 'bytes=1000000-1999999' });
  expect([part.status, part.body.equals(bytes.subarray(1_000_000, 2_000_000))]).toEqual([206, true]);
});

test('many requests at once are answered each with its own', async () => {
  await using session = await withSession();
  const objects = Array.from({ length: 60 }, (_, index) => objectOf(`object ${index} `.repeat(index * 100)));
  const results = await Promise.all(
    objects.map(({ bytes, name }) => answerTo(session.client, post(`/data/${name}`, bytes.length), bytes)),
  );
  expect(results.every(({ status }) => status === 200)).toBe(true);
  const read = await Promise.all(objects.map(({ name }) => answerTo(session.client, { ':path': `/data/${name}` })));
  expect(read.every(({ body }, index) => objects[index]?.bytes.equals(body))).toBe(true);
});

test('a head request has the size and no body', async () => {
  await using session = await withSession();
  const { id, bytes, name } = objectOf('twelve bytes');
  await session.store.put(id, bodyOf(bytes), 12);
  const answer = await answerTo(session.client, { ':method': 'HEAD', ':path': `/data/${name}` });
  expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '12', 0]);
});

describe('an upload that ends early', () => {
  const halves = objectOf(Buffer.alloc(2 * 1024 * 1024, 'x'));

  const beginUpload = async (session: Awaited<ReturnType<typeof withSession>>) => {
    const stream = session.client.request(post(`/data/${halves.name}`, halves.bytes.length));
    stream.on('error', () => undefined);
    stream.write(halves.bytes.subarray(0, 1024 * 1024));
    await expect.poll(() => session.source.files('incoming')).toHaveLength(1);
    return stream;
  };

  test('by a reset leaves nothing, and the session goes on', async () => {
    await using session = await withSession();
    (await beginUpload(session)).close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => session.source.files('incoming')).toEqual([]);
    expect(await contentOf(session.store, halves.id)).toBeNull();
    const again = await answerTo(session.client, post(`/data/${halves.name}`, halves.bytes.length), halves.bytes);
    expect(again.status).toBe(200);
  });

  test('by the connection’s end leaves nothing, and the session ends', async () => {
    await using session = await withSession();
    await beginUpload(session);
    session.client.destroy();
    await session.ended();
    expect(await session.source.files()).toEqual([]);
  });
});

test('a refused upload is answered before its body is sent', async () => {
  await using session = await withSession({ quotaBytes: 100 });
  const { name } = objectOf('whatever');
  const stream = session.client.request(post(`/data/${name}`, 1_000_000));
  const status = await new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])));
  expect(status).toBe(507);
});

test('a failing disk is answered with 500 and told on stderr, once', async () => {
  const disk = faultyDisk({ call: 'sync', code: 'EIO', when: (path) => path.includes('/incoming/1001/1') });
  await using session = await withSession({ disk });
  const { bytes, name } = objectOf('unlucky');
  expect((await answerTo(session.client, post(`/data/${name}`, 7), bytes)).status).toBe(500);
  expect(session.complaints).toEqual(["berth: the server's disk failed: EIO: sync"]);
  expect((await answerTo(session.client, post(`/data/${name}`, 7), bytes)).status).toBe(200);
});

test('rubbish instead of HTTP/2 ends the session and nothing else', async () => {
  await using session = await withSession();
  const socket = connectSocket(join(session.source.directory, 'session.sock'));
  socket.write('GET / HTTP/1.1\r\nhost: berth\r\n\r\n'.repeat(1000));
  await new Promise((resolve) => socket.on('close', resolve).on('error', resolve).resume());
  expect(session.complaints).toEqual([]);
});
