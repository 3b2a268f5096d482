import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { guardedRequest } from './http.ts';
import { deafPort, standIn } from './testing.ts';

const get = (url: string, allowPrivate = false) =>
  ({ method: 'GET', url, allowPrivate, signal: new AbortController().signal }) as const;

const answers =
  (...addresses: readonly string[]) =>
  () =>
    Promise.resolve(addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })));

describe('without allow_private nothing is sent to', () => {
  test.each([
    ['http://127.0.0.1/', '127.0.0.1'],
    ['http://127.1/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['http://0x7f.0.0.1/', '127.0.0.1'],
    ['http://0177.0.0.1/', '127.0.0.1'],
    ['http://127.0.0.1./', '127.0.0.1'],
    ['http://１２７.0.0.1/', '127.0.0.1'],
    ['http://0.0.0.0/', '0.0.0.0'],
    ['http://0/', '0.0.0.0'],
    ['http://10.1.2.3/', '10.1.2.3'],
    ['http://172.16.0.1/', '172.16.0.1'],
    ['http://192.168.1.1/', '192.168.1.1'],
    ['http://100.64.0.1/', '100.64.0.1'],
    ['http://169.254.169.254/latest/meta-data/', '169.254.169.254'],
    ['http://224.0.0.1/', '224.0.0.1'],
    ['http://255.255.255.255/', '255.255.255.255'],
    ['http://[::]/', '::'],
    ['http://[::1]/', '::1'],
    ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
    ['http://[::ffff:169.254.169.254]/', '::ffff:a9fe:a9fe'],
    ['http://[::127.0.0.1]/', '::7f00:1'],
    ['http://[64:ff9b::10.0.0.1]/', '64:ff9b::a00:1'],
    ['http://[64:ff9b:1::1]/', '64:ff9b:1::1'],
    ['http://[2002:7f00:1::]/', '2002:7f00:1::'],
    ['http://[2001::1]/', '2001::1'],
    ['http://[fc00::1]/', 'fc00::1'],
    ['http://[fe80::1]/', 'fe80::1'],
    ['http://[fec0::1]/', 'fec0::1'],
    ['http://[ff02::1]/', 'ff02::1'],
    ['http://[2001:db8::1]/', '2001:db8::1'],
  ])('%s', async (url, address) => {
    const request = guardedRequest({ resolve: () => Promise.reject(new Error('nobody asks for a number')) });
    await expect(request(get(url))).rejects.toMatchObject({
      ...{ isFinal: true, message: expect.stringContaining(address) },
      remedy: expect.stringContaining('`allow_private: true`'),
    });
  });

  test('a name one of whose addresses is private, and says which', async () => {
    const request = guardedRequest({ resolve: answers('93.184.216.34', 'fe80::1%eth0') });
    await expect(request(get('http://rebind.example/'))).rejects.toMatchObject({
      message: expect.stringMatching(/rebind\.example is fe80::1%eth0.*link-local/),
    });
  });

  test('this machine by its name, with a dot at its end too', async () => {
    const refused = {
      isFinal: true,
      message: expect.stringMatching(/^localhost\.? is (127\.0\.0\.1|::1), .*loopback/),
    };
    await expect(guardedRequest()(get('http://localhost:1/'))).rejects.toMatchObject(refused);
    const request = guardedRequest({ resolve: answers('127.0.0.1') });
    await expect(request(get('http://localhost.:1/'))).rejects.toMatchObject(refused);
  });

  test('an address with a zone, a port that is none, or anything but HTTP', async () => {
    for (const url of [
      'http://[fe80::1%25eth0]/',
      'http://example.com:99999/',
      'file:///etc/passwd',
      'gopher://x/',
      'nonsense',
    ]) {
      await expect(guardedRequest()(get(url))).rejects.toMatchObject({ isFinal: true });
    }
  });
});

test('a name that answers differently the second time is asked once, and the first answer is where the connection goes', async () => {
  await using server = await standIn(() => ({ status: 200, body: 'reached' }));
  const replies = [['127.0.0.1'], ['127.0.0.9']];
  let asked = 0;
  const resolve = (name: string) => {
    expect(name).toBe('rebind.example');
    asked += 1;
    return answers(...(replies.shift() ?? []))();
  };
  const port = new URL(server.url).port;
  const answer = await guardedRequest({ resolve })(get(`http://rebind.example:${port}/x`, true));
  expect(answer).toMatchObject({ status: 200, body: 'reached' });
  expect(asked).toBe(1);
  expect(server.got[0]?.headers.host).toBe(`rebind.example:${port}`);
});

test('a name that turns private after it was looked at is not connected to anew', async () => {
  await using server = await standIn(() => ({ status: 200 }));
  const replies = [['192.0.2.1'], ['127.0.0.1']];
  const request = guardedRequest({ resolve: () => answers(...(replies.shift() ?? []))(), deadlineMs: 80 });
  const { port } = new URL(server.url);
  await expect(request(get(`http://rebind.example:${port}/`, true))).rejects.toMatchObject({ isFinal: false });
  expect(server.got).toEqual([]);
});

test('an address that does not answer is no reason not to try the next one of the name', async () => {
  await using server = await standIn(() => ({ status: 200 }));
  const { port } = new URL(server.url);
  const request = guardedRequest({ resolve: answers('127.0.0.9', '127.0.0.1') });
  await expect(request(get(`http://two.example:${port}/`, true))).resolves.toMatchObject({ status: 200 });
});

test('an answer without end is read to 64 KiB, and the rest is not waited for', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200);
    response.write('x'.repeat(100_000));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  const { body } = await guardedRequest({ deadlineMs: 3000 })(get(`http://127.0.0.1:${port}/`, true));
  server.close();
  expect(body).toHaveLength(64 * 1024);
});

test('a redirect is an answer like any other', async () => {
  await using server = await standIn(() => ({ status: 307, headers: { Location: 'http://127.0.0.1/elsewhere' } }));
  await expect(guardedRequest()(get(server.url, true))).resolves.toMatchObject({ status: 307 });
  expect(server.got).toHaveLength(1);
});

test('a user name and a password of the URL go as Basic authentication, each connection is a new one, and no proxy is asked', async () => {
  await using server = await standIn(() => ({ status: 200 }));
  const old = process.env['HTTP_PROXY'];
  process.env['HTTP_PROXY'] = `http://127.0.0.1:${await deafPort()}`;
  try {
    await guardedRequest()(get(server.url.replace('//', '//me:p%40ss@'), true));
  } finally {
    if (old === undefined) delete process.env['HTTP_PROXY'];
    else process.env['HTTP_PROXY'] = old;
  }
  expect(server.got[0]?.headers).toMatchObject({
    ...{ authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`, connection: 'close' },
  });
});

test('a name that can not be found, is slow to be found, or has no address is tried again', async () => {
  const missing = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
  const never = () => new Promise<never>(() => undefined);
  for (const resolve of [missing, never, answers()]) {
    const request = guardedRequest({ resolve, deadlineMs: 30 });
    await expect(request(get('http://nowhere.example/'))).rejects.toMatchObject({ isFinal: false });
  }
});

test('a token that no header can carry is said without it', async () => {
  const sending = guardedRequest()({
    ...get('http://127.0.0.1:1/', true),
    headers: { Authorization: 'Bearer s3cr3t\nx' },
  });
  await expect(sending).rejects.toMatchObject({ isFinal: true, message: expect.not.stringContaining('s3cr3t') });
});

test.each([
  ['goes over to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  ['closes without a word', ''],
  ['says what is no HTTP', '220 mail.example.org ESMTP\r\n'],
  ['cuts its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
])('a service that %s is one that did not answer, at once', async (_, words) => {
  const server = createSocketServer((socket) =>
    socket.on('error', () => undefined).once('data', () => socket.end(words)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(guardedRequest()(get(`http://127.0.0.1:${port}/`, true))).rejects.toMatchObject({
    ...{ name: 'ChannelError', isFinal: false, message: expect.stringContaining(`127.0.0.1:${port} could not be`) },
  });
  server.close();
});
