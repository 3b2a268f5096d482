import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import type { HostKey } from '../transport/known-hosts.ts';
import { connect, fetchHostKey } from './connect.ts';
import { askCoordinator } from './control.ts';
import { portOf, startFakeServer } from './testing.ts';

const deadlineMs = 5_000;

test('the host key is fetched without logging in', async () => {
  await using server = await startFakeServer({});
  expect(await fetchHostKey(server.destination, deadlineMs)).toEqual({ kind: 'shown', hostKey: server.hostKey });
  expect(server.attempts()).toBe(0);
});

test('a pinned server that knows the key lets us in', async () => {
  await using server = await startFakeServer({});
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
  expect(answer.kind).toBe('open');
  if (answer.kind === 'open') answer.client.end();
});

test('another host key of the same type ends the connection before the login', async () => {
  await using server = await startFakeServer({});
  const pin: HostKey = {
    ...server.hostKey,
    blob: server.hostKey.blob.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  };
  const answer = await connect({ ...server, pins: [pin], privateKey: server.clientKey, deadlineMs });
  expect(answer).toEqual({ kind: 'host-key-changed', hostKey: server.hostKey });
  expect(server.attempts()).toBe(0);
});

test('a key the server does not know is refused, told apart from everything else', async () => {
  await using server = await startFakeServer({});
  const stranger = ssh2.utils.generateKeyPairSync('ed25519').private;
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: stranger, deadlineMs });
  expect(answer.kind).toBe('key-refused');
});

test('a server that is not there, says nothing, or hangs up is no refusal', async () => {
  const silent = createTcpServer().listen(0, '127.0.0.1');
  const rude = createTcpServer((socket) => socket.end()).listen(0, '127.0.0.1');
  try {
    const ask = (port: number) => fetchHostKey({ host: '127.0.0.1', port, user: 'x' }, 300);
    expect((await ask(1)).kind).toBe('unreachable');
    expect((await ask(portOf(silent.address()))).kind).toBe('unreachable');
    expect((await ask(portOf(rude.address()))).kind).toBe('busy');
  } finally {
    silent.close();
    rude.close();
  }
});

test('the control channel speaks HTTP with JSON', async () => {
  const coordinator = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ asked: request.url }));
  });
  await using server = await startFakeServer({
    onCommand: (command, channel) => {
      if (command === 'control') coordinator.emit('connection', channel);
    },
  });
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
  if (answer.kind !== 'open') throw new Error(answer.kind);
  expect(await askCoordinator(answer.client, '/v1/usage', deadlineMs)).toEqual({
    kind: 'ok',
    status: 200,
    body: { asked: '/v1/usage' },
  });
  answer.client.end();
});

test.for([
  ['no-coordinator', 69, 'berth: the coordinator is not running; backups work without it\n'],
  ['failed', 1, 'berth: only receive and control are known\n'],
  ['failed', 0, ''],
] as const)('a control channel that ends early is %s at exit %i', async ([kind, code, words]) => {
  await using server = await startFakeServer({
    onCommand: (_command, channel) => {
      channel.stderr.write(words);
      channel.exit(code);
      channel.end();
    },
  });
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
  if (answer.kind !== 'open') throw new Error(answer.kind);
  expect((await askCoordinator(answer.client, '/v1/usage', deadlineMs)).kind).toBe(kind);
  answer.client.end();
});

test('a coordinator that never answers is given up at the deadline', async () => {
  await using server = await startFakeServer({ onCommand: () => undefined });
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
  if (answer.kind !== 'open') throw new Error(answer.kind);
  expect((await askCoordinator(answer.client, '/v1/usage', 200)).kind).toBe('failed');
  answer.client.end();
});
