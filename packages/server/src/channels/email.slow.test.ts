import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Message } from './channel.ts';
import { type Behaviour, channelContract, type Served } from './contract.ts';
import { emailChannel } from './email.ts';
import { guardedRequest } from './http.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { type MailServer, mailServer, refusal } from './smtp-testing.ts';
import { exampleAtMs, exampleMessage, hostileText } from './testing.ts';

const password = 'correct-horse-battery-staple';
const settings = (port: number, change: Partial<ChannelSettingsOf<'email'>> = {}): ChannelSettingsOf<'email'> => ({
  ...{ type: 'email', name: 'mail', alerts: 'warning', digest: true, host: '127.0.0.1', port, tls: 'none' },
  ...{ user: 'me', password, from: 'berth <nas@example.org>', to: ['me@example.org', 'you@example.org'] },
  ...change,
});

const tools = { request: guardedRequest(), nowMs: () => exampleAtMs };
const send = (to: MailServer, message: Message, change: Partial<ChannelSettingsOf<'email'>> = {}) =>
  emailChannel(settings(to.port, { user: null, password: null, ...change }), tools).send(
    message,
    new AbortController().signal,
  );

/** A listener that takes connections and says nothing. */
const silentServer = async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

const serve = async (behaviour: Behaviour): Promise<Served> => {
  if (behaviour === 'silent') {
    const silent = await silentServer();
    return {
      settings: settings(silent.port),
      taken: () => [],
      [Symbol.asyncDispose]: () => silent[Symbol.asyncDispose](),
    };
  }
  const server = await mailServer({
    ...{ allowInsecureAuth: true, authOptional: false, authMethods: ['PLAIN'] },
    onAuth: (auth, _session, callback) => {
      if (behaviour === 'knows-us-not') callback(refusal(535, `5.7.8 no such password: ${auth.password}`));
      else callback(null, { user: 'me' });
    },
    ...(behaviour === 'too-many'
      ? { onRcptTo: (_address, _session, callback) => callback(refusal(450, '4.2.0 greylisted, come back later')) }
      : {}),
    ...(behaviour === 'broken'
      ? { onMailFrom: (_address, _session, callback) => callback(refusal(451, '4.3.0 disk full')) }
      : {}),
    ...(behaviour === 'says-back'
      ? { onMailFrom: (_address, _session, callback) => callback(refusal(550, `5.7.1 ${password} may not`)) }
      : {}),
  });
  return {
    settings: settings(server.port),
    taken: () =>
      server.got.map(({ parsed }) => {
        expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
        return { words: `${parsed.subject}\n${parsed.text}`, id: parsed.messageId ?? '' };
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

channelContract({ name: 'email', isWeb: false, secrets: [password], serve, deaf: settings });

test('a mail is parsed back as it was meant: addresses, date, both parts', async () => {
  await using server = await mailServer();
  await send(server, exampleMessage());
  const [got] = server.got;
  expect(got).toMatchObject({ from: 'nas@example.org', to: ['me@example.org', 'you@example.org'] });
  expect(got?.parsed).toMatchObject({
    subject: 'laptop is overdue',
    date: new Date(exampleAtMs),
    text: expect.stringContaining('https://berth.example.org/sources/laptop'),
    html: expect.stringContaining('No backup for 5d; it should be one every day.'),
    headerLines: expect.arrayContaining([expect.objectContaining({ key: 'importance', line: 'Importance: High' })]),
  });
  expect(got?.parsed.from?.text).toBe('"berth" <nas@example.org>');
});

test('the digest comes in its two parts as they were made', async () => {
  await using server = await mailServer();
  const mail = {
    html: '<h1>6 fine, 1 overdue</h1><p style="color:#111">é</p>',
    text: 'é 6 fine, 1 overdue\n.\nFrom here on',
  };
  await send(server, exampleMessage({ kind: 'digest', title: 'berth: 6 fine, 1 overdue', mail }));
  const parsed = server.got[0]?.parsed;
  expect(parsed).toMatchObject({ subject: 'berth: 6 fine, 1 overdue', html: mail.html });
  expect(parsed?.text?.trim()).toBe(mail.text);
});

test('nothing that is written makes a header, an address or markup', async () => {
  await using server = await mailServer();
  await send(
    server,
    exampleMessage({ title: hostileText, body: hostileText, id: 'x>\r\nBcc: y', thread: 'a\r\nBcc: b' }),
  );
  const [got] = server.got;
  expect(got?.to).toEqual(['me@example.org', 'you@example.org']);
  expect(got?.raw.split('\r\n\r\n')[0]).not.toMatch(/^(bcc|cc):/im);
  expect(got?.parsed.subject).toContain('<script>alert(1)</script>');
  expect(got?.parsed.html).not.toContain('<script');
});

test('mails of one trouble are shown together, and each has its own name that a second try keeps', async () => {
  await using server = await mailServer();
  const thread = 'overdue:laptop since 1';
  for (const id of ['one', 'two', 'one']) await send(server, exampleMessage({ id, thread }));
  await send(server, exampleMessage({ id: 'three', thread: 'another' }));
  const [one, two, again, other] = server.got.map(({ parsed }) => parsed);
  expect(one?.messageId).toMatch(/^<berth\.[0-9a-f]{40}@example\.org>$/);
  expect(again?.messageId).toBe(one?.messageId);
  expect(two?.messageId).not.toBe(one?.messageId);
  expect(two?.inReplyTo).toBe(one?.inReplyTo);
  expect(two?.references).toBe(one?.references);
  expect(other?.inReplyTo).not.toBe(one?.inReplyTo);
});

test('where starttls is asked for and the server has none, nothing is said', async () => {
  await using server = await mailServer();
  await expect(send(server, exampleMessage(), { tls: 'starttls' })).rejects.toMatchObject({
    ...{ isFinal: true, message: expect.stringContaining('offers no encryption') },
    remedy: expect.stringContaining('tls: implicit'),
  });
  expect(server.said()).toBe(0);
});

test('a recipient that is refused is named, and the others do not get it twice', async () => {
  await using server = await mailServer({
    onRcptTo: ({ address }, _session, callback) =>
      address.startsWith('you') ? callback(refusal(550, '5.1.1 unknown')) : callback(),
  });
  await expect(send(server, exampleMessage())).rejects.toMatchObject({
    ...{ isFinal: true, isPartial: true, message: expect.stringContaining('you@example.org') },
  });
  expect(server.got[0]?.to).toEqual(['me@example.org']);
});

test('a mail that is larger than the server takes is refused for good', async () => {
  await using server = await mailServer({ size: 100 });
  await expect(send(server, exampleMessage())).rejects.toMatchObject({
    ...{ isFinal: true, message: expect.stringContaining('of this size') },
  });
});
