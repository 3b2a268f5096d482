import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { HostKey } from '../transport/known-hosts.ts';
import { connect, fetchHostKey } from './connect.ts';
import { askCoordinator, openControl } from './control.ts';
import { createCoordinator } from './coordinator.ts';
import { portOf, sshKeyPair, startFakeServer } from './testing.ts';

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
  const stranger = sshKeyPair().private;
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
  expect(await askCoordinator(answer.client, '/v1/usage', z.unknown(), deadlineMs)).toEqual({
    kind: 'ok',
    status: 200,
    value: { asked: '/v1/usage' },
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
  expect((await askCoordinator(answer.client, '/v1/usage', z.unknown(), deadlineMs)).kind).toBe(kind);
  answer.client.end();
});

test('a coordinator that never answers is given up at the deadline', async () => {
  await using server = await startFakeServer({ onCommand: () => undefined });
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
  if (answer.kind !== 'open') throw new Error(answer.kind);
  expect((await askCoordinator(answer.client, '/v1/usage', z.unknown(), 200)).kind).toBe('failed');
  answer.client.end();
});

test('a server that lets us in and never answers is given up at the deadline', async () => {
  await using server = await startFakeServer({ isMute: true });
  const answer = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
  if (answer.kind !== 'open') throw new Error(answer.kind);
  expect(await openControl(answer.client, 100)).toMatchObject({
    kind: 'failed',
    detail: expect.stringContaining('does not answer'),
  });
  answer.client.end();
});

/** A coordinator of this process behind the fake server; `connections` counts the sessions that were opened. */
const withCoordinator = async (answer: RequestListener) => {
  const http = createServer(answer);
  let sessions = 0;
  const server = await startFakeServer({
    onCommand: (_command, channel) => {
      sessions += 1;
      http.emit('connection', channel);
    },
  });
  const coordinator = createCoordinator(async () => {
    const opened = await connect({ ...server, pins: [server.hostKey], privateKey: server.clientKey, deadlineMs });
    if (opened.kind !== 'open') return { kind: 'failed', detail: opened.kind };
    const control = await openControl(opened.client, deadlineMs);
    return 'ask' in control ? { control, end: () => opened.client.end() } : control;
  });
  return {
    coordinator,
    sessions: () => sessions,
    [Symbol.asyncDispose]: async () => {
      await coordinator[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};

const run = '6f1c2d4e-8a0b-4c3d-9e5f-001122334455';
const refusal = { error: { code: 'lease-lost', message: 'The place is taken.', remedy: 'Ask again.' } };

test('many questions go over one session, with what they carry, and refusals come in the words of the server', async () => {
  await using it = await withCoordinator(async (request, response) => {
    const body = JSON.parse((await text(request)) || 'null');
    const answers: { readonly [question: string]: readonly [number, unknown] } = {
      'POST /v1/runs': [
        202,
        { kind: 'waiting', now: '2026-11-14T03:00:00Z', position: 2, retryAfterMs: body?.run?.length, words: '' },
      ],
      [`PATCH /v1/runs/${run}`]: [410, refusal],
      'GET /v1/usage': [200, { version: 1, source: 'of a newer server' }],
    };
    const [status, answer] = answers[`${request.method} ${request.url}`] ?? [500, 'no JSON object'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const { coordinator } = it;
  expect(await coordinator.lease({ run, reason: 'slot' })).toMatchObject({
    kind: 'ok',
    status: 202,
    value: { position: 2, retryAfterMs: run.length },
  });
  expect(await coordinator.heartbeat(run, { step: null, bytesDone: 1, bytesTotal: null })).toEqual({
    kind: 'refused',
    status: 410,
    ...refusal.error,
  });
  expect(await coordinator.assignment()).toMatchObject({ kind: 'refused', code: 'http-500' });
  expect(it.sessions()).toBe(1);
  expect(await coordinator.usage()).toMatchObject({ kind: 'failed', detail: expect.stringContaining('can read') });
});

test('a session that breaks costs one question; the next opens another', async () => {
  let asked = 0;
  await using it = await withCoordinator((request, response) => {
    asked += 1;
    if (asked === 2) request.socket.destroy();
    else response.end(JSON.stringify({ expiresAt: '2026-11-14T03:03:00Z' }));
  });
  const beat = () => it.coordinator.heartbeat(run, { step: null, bytesDone: null, bytesTotal: null });
  expect([(await beat()).kind, (await beat()).kind, (await beat()).kind]).toEqual(['ok', 'failed', 'ok']);
  expect(it.sessions()).toBe(2);
});

test('an answer of more than 1 MiB is not read to its end', async () => {
  await using it = await withCoordinator((_request, response) => {
    response.end(`"${'a'.repeat(1_100_000)}"`);
  });
  expect(await it.coordinator.assignment()).toMatchObject({ kind: 'failed' });
});
