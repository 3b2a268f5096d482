import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../packages/server/src/channels/channel.ts';
import { guardedRequest } from '../packages/server/src/channels/http.ts';
import { channelOf } from '../packages/server/src/channels/registry.ts';
import type { ChannelSettingsOf } from '../packages/server/src/channels/settings.ts';
import { mailServer, refusal } from '../packages/server/src/channels/smtp-testing.ts';
import { exampleMessage, hostileText, standIn } from '../packages/server/src/channels/testing.ts';
import { type Certificates, certificates } from './helpers/certificates.ts';
import { type NtfyServer, ntfyServer } from './helpers/ntfy.ts';

const common = { name: 'tested', alerts: 'warning', digest: true } as const;
const nowMs = () => Date.now();
const deliver = (settings: Parameters<typeof channelOf>[0], message: Message, ca?: string) =>
  channelOf(settings, { request: guardedRequest(), nowMs, ...(ca === undefined ? {} : { ca }) }).send(
    message,
    new AbortController().signal,
  );

describe.each(['trixie', 'forky'] as const)('a real ntfy, of Debian %s,', (suite) => {
  let ntfy: NtfyServer;
  beforeAll(async () => {
    ntfy = await ntfyServer(suite);
  });
  afterAll(() => ntfy[Symbol.asyncDispose]());

  const to = (topic: string, token: string | null = null): ChannelSettingsOf<'ntfy'> => ({
    ...{ ...common, type: 'ntfy', url: `${ntfy.url}/${topic}`, token, allowPrivate: true },
  });

  test('shows a message as it was meant: title, body, priority, tags, and the page', async () => {
    await deliver(to('open'), exampleMessage());
    expect(await ntfy.read('open')).toMatchObject([
      {
        ...{ event: 'message', topic: 'open', title: 'laptop is overdue', priority: 5 },
        message: 'No backup for 5d; it should be one every day.\nSee that the machine is on and reaches the server.',
        ...{ tags: ['rotating_light', 'overdue', 'laptop'], click: 'https://berth.example.org/sources/laptop' },
      },
    ]);
  });

  test('keeps a huge, hostile message a message and no attachment', async () => {
    await deliver(
      to('hostile'),
      exampleMessage({ title: hostileText, body: `${hostileText}\n${'é'.repeat(500_000)}` }),
    );
    const [shown] = await ntfy.read('hostile');
    expect(shown).not.toHaveProperty('attachment');
    expect(shown?.['title']).toContain('<script>alert(1)</script>');
    expect(shown?.['message']).toMatch(/more characters were cut\)$/);
  });

  test('takes what was sent twice for one, where it knows of such a thing', async () => {
    for (const _ of [1, 2]) await deliver(to('twice'), exampleMessage({ id: '0a1b2c3d.1' }));
    await deliver(to('twice'), exampleMessage({ id: '0a1b2c3d.2' }));
    const [first, second, other] = (await ntfy.read('twice')).map((shown) => shown['sequence_id']);
    expect(second).toBe(first);
    if (suite === 'forky') expect(first).toMatch(/^[0-9a-f]{32}$/);
    if (suite === 'forky') expect(other).not.toBe(first);
  });

  test('lets in who has a token for the topic, and refuses others for good with what to do', async () => {
    await deliver(to('closed', ntfy.token), exampleMessage());
    expect(await ntfy.read('closed')).toHaveLength(1);
    for (const token of [null, `tk_${'x'.repeat(29)}`]) {
      await expect(deliver(to('closed', token), exampleMessage())).rejects.toMatchObject({
        ...{ isFinal: true, remedy: expect.stringContaining('token_file') },
      });
    }
  });
});

describe('a real mail server', () => {
  let made: Certificates;
  beforeAll(async () => {
    made = await certificates('localhost');
  });

  const password = 'app-password-1234';
  const to = (port: number, tls: 'implicit' | 'starttls'): ChannelSettingsOf<'email'> => ({
    ...{ ...common, type: 'email', host: 'localhost', port, tls, user: 'me', password },
    ...{ from: 'nas@example.org', to: ['me@example.org'] },
  });
  const server = (tls: 'implicit' | 'starttls') =>
    mailServer({
      ...{ secure: tls === 'implicit', key: made.key, cert: made.cert, disabledCommands: [], authOptional: false },
      onAuth: (auth, session, callback) => {
        if (!session.secure) callback(refusal(538, 'in the clear'));
        else if (auth.username === 'me' && auth.password === password) callback(null, { user: 'me' });
        else callback(refusal(535, '5.7.8 wrong'));
      },
    });

  test.each(['implicit', 'starttls'] as const)(
    'with tls: %s takes a mail, encrypted and from who may send',
    async (tls) => {
      await using mails = await server(tls);
      const mail = { html: '<h1>6 fine, 1 overdue</h1>', text: '6 fine, 1 overdue' };
      await deliver(
        to(mails.port, tls),
        exampleMessage({ kind: 'digest', title: 'berth: 6 fine, 1 overdue', mail }),
        made.ca,
      );
      expect(mails.got[0]?.parsed).toMatchObject({ subject: 'berth: 6 fine, 1 overdue', html: mail.html });
      const wrong = { ...to(mails.port, tls), password: 'another-password' };
      const refused = deliver(wrong, exampleMessage(), made.ca);
      await expect(refused).rejects.toMatchObject({ isFinal: true, remedy: expect.stringContaining('password_file') });
      expect(mails.got).toHaveLength(1);
    },
  );

  test.each(['implicit', 'starttls'] as const)(
    'with tls: %s and a certificate of nobody known gets nothing',
    async (tls) => {
      await using mails = await server(tls);
      await expect(deliver(to(mails.port, tls), exampleMessage())).rejects.toMatchObject({
        ...{ isFinal: false, message: expect.stringMatching(/no certificate that can be trusted/) },
      });
      await expect(
        deliver({ ...to(mails.port, tls), host: '127.0.0.1' }, exampleMessage(), made.ca),
      ).rejects.toMatchObject({
        message: expect.stringMatching(/no certificate that can be trusted/),
      });
      expect(mails.said()).toBe(0);
    },
  );
});

test('HTTPS is checked against the name, with the address that was looked at', async () => {
  const made = await certificates('service.example');
  await using service = await standIn(() => ({ status: 200, body: 'ok' }), made);
  const { port } = new URL(service.url);
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const get = (name: string, ca?: string) =>
    guardedRequest({ resolve, ...(ca === undefined ? {} : { ca }) })({
      ...{ method: 'GET', url: `https://${name}:${port}/`, allowPrivate: true, signal: new AbortController().signal },
    });
  await expect(get('service.example', made.ca)).resolves.toMatchObject({ status: 200 });
  for (const refused of [get('other.example', made.ca), get('service.example')]) {
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('certificate') });
  }
  expect(service.got).toHaveLength(1);
});

test('no proxy is asked, whatever the environment says', async () => {
  await using service = await standIn(() => ({ status: 200 }));
  await using proxy = await standIn(() => ({ status: 200 }));
  const folder = await mkdtemp(join(tmpdir(), 'berth-proxy-'));
  try {
    const http = join(import.meta.dirname, '../packages/server/src/channels/http.ts');
    const program = `import { guardedRequest } from ${JSON.stringify(http)};
      const { status } = await guardedRequest()({ method: 'GET', url: ${JSON.stringify(service.url)}, allowPrivate: true, signal: new AbortController().signal });
      console.log(status);`;
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program], {
      ...{ cwd: folder, timeout: 30_000 },
      env: {
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: proxy.url,
        http_proxy: proxy.url,
        ALL_PROXY: proxy.url,
        NO_PROXY: '',
      },
    });
    expect(stdout).toBe('200');
    expect(proxy.got).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
