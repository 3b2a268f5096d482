import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract, units } from './contract.ts';
import { guardedRequest } from './http.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { exampleAtMs, exampleMessage, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';
import { signature, webhookChannel } from './webhook.ts';

/** As docs/channels.md has it. */
const body = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  kind: z.enum(['raised', 'reminder', 'resolved', 'digest', 'test']),
  severity: z.enum(['notice', 'warning', 'critical']),
  code: z.string().nullable(),
  sources: z.array(z.string()),
  title: units(1, 1000),
  body: units(0, 32_000),
  at: z.iso.datetime(),
  url: z.url().nullable(),
});

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const settings = (url: string): ChannelSettingsOf<'webhook'> => ({
  ...{ name: 'hook', alerts: 'warning', digest: false, allowPrivate: true, type: 'webhook', secret },
  url: `${url}/hooks/in?key=0123456789abcdef`,
});

channelContract(
  webSubject({
    ...{ name: 'a webhook', settings, ok: { status: 204 }, secrets: [secret, '0123456789abcdef'] },
    taken: ({ method, path, headers, body: text }) => {
      expect({ method, path }).toEqual({ method: 'POST', path: '/hooks/in?key=0123456789abcdef' });
      expect(headers['berth-signature']).toBe(signature(secret, text, exampleAtMs / 1000));
      const { id, title, body: words } = body.parse(JSON.parse(text));
      return { words: `${title}\n${words}`, id };
    },
  }),
);

/** The receiver's function in the documentation, as people copy it. */
const documentedReceiver = async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/channels.md'), 'utf8');
  const code = /```js\n(.*?export const isFromBerth.*?)```/s.exec(page)?.[1] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'berth-receiver-'));
  try {
    await writeFile(join(folder, 'receiver.mjs'), code);
    const { isFromBerth } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'receiver.mjs')).href);
    return (secretOf: string, header: string | undefined, text: string, nowMs: number): boolean =>
      isFromBerth(secretOf, header, text, nowMs);
  } finally {
    await rm(folder, { recursive: true });
  }
};

test('the receiver in the documentation takes what berth sends, and nothing that was changed, is old, or is signed by others', async () => {
  const isFromBerth = await documentedReceiver();
  await using server = await standIn(() => ({ status: 204 }));
  const channel = webhookChannel(settings(server.url), { request: guardedRequest(), nowMs: () => exampleAtMs });
  await channel.send(exampleMessage({ body: 'é 𝒳 "' }), new AbortController().signal);
  const [got] = server.got;
  const header = String(got?.headers['berth-signature']);
  const text = got?.body ?? '';
  expect(isFromBerth(secret, header, text, exampleAtMs + 1000)).toBe(true);
  expect(isFromBerth(secret, header, `${text} `, exampleAtMs)).toBe(false);
  expect(isFromBerth(secret, header, text, exampleAtMs + 10 * 60_000)).toBe(false);
  expect(isFromBerth('another', header, text, exampleAtMs)).toBe(false);
  for (const nonsense of [undefined, '', 't=,v1=', `t=${exampleAtMs / 1000},v1=zz`, 'v1=00']) {
    expect(isFromBerth(secret, nonsense, text, exampleAtMs)).toBe(false);
  }
});

test('without a secret nothing is signed', async () => {
  await using server = await standIn(() => ({ status: 204 }));
  const channel = webhookChannel(
    { ...settings(server.url), secret: null },
    { request: guardedRequest(), nowMs: Date.now },
  );
  await channel.send(exampleMessage(), new AbortController().signal);
  expect(server.got[0]?.headers).not.toHaveProperty('berth-signature');
});
