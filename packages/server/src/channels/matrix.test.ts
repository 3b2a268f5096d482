import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract } from './contract.ts';
import { guardedRequest } from './http.ts';
import { matrixChannel } from './matrix.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { exampleMessage, hostileText, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';

/** Only the tags we write, and nothing of the words is one. */
const html = z.string().regex(/^(?:[^<>]|<\/?(?:p|strong)>|<br>|<a href="https?:\/\/[^"<>]*">|<\/a>)*$/);

/** https://spec.matrix.org/latest/client-server-api/#mroommessage */
const event = z.strictObject({
  msgtype: z.enum(['m.text', 'm.notice']),
  body: z.string(),
  format: z.literal('org.matrix.custom.html'),
  formatted_body: html,
  'm.mentions': z.strictObject({}),
});

const token = 'syt_YmVydGg_AbCdEfGhIjKlMnOpQrSt_1a2b3c';
const room = '!636q39766251:example.com';
const settings = (url: string): ChannelSettingsOf<'matrix'> => ({
  ...{ name: 'matrix', alerts: 'warning', digest: false, allowPrivate: true, type: 'matrix', url, room, token },
});

const asked = /^\/_matrix\/client\/v3\/rooms\/!636q39766251%3Aexample\.com\/send\/m\.room\.message\/([^/?]+)$/;

channelContract(
  webSubject({
    ...{
      name: 'Matrix',
      settings,
      ok: { status: 200, body: '{"event_id":"$YUwRidLecu:example.com"}' },
      secrets: [token],
    },
    taken: ({ method, path, headers, body }) => {
      expect(method).toBe('PUT');
      expect(headers).toMatchObject({ authorization: `Bearer ${token}` });
      // https://spec.matrix.org/latest/client-server-api/#size-limits, with room for what the server adds.
      expect(Buffer.byteLength(body)).toBeLessThan(60_000);
      const { body: words } = event.parse(JSON.parse(body));
      return { words, id: asked.exec(path)?.[1] ?? 'no such path' };
    },
  }),
);

const sent = async (change: Parameters<typeof exampleMessage>[0]) => {
  await using server = await standIn(() => ({ status: 200 }));
  const channel = matrixChannel(settings(server.url), { request: guardedRequest(), nowMs: Date.now });
  await channel.send(exampleMessage(change), new AbortController().signal);
  return event.parse(JSON.parse(server.got[0]?.body ?? ''));
};

test('no words are markup, and the words themselves are whole', async () => {
  const { formatted_body: formatted } = await sent({ body: hostileText });
  expect(formatted).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(formatted).not.toContain('<script');
});

test('what needs nothing done is a notice, which makes no sound', async () => {
  expect(await sent({})).toMatchObject({ msgtype: 'm.text' });
  expect(await sent({ kind: 'resolved' })).toMatchObject({ msgtype: 'm.notice' });
});

test("an alias in place of the room's id is refused with where to find that", async () => {
  const channel = matrixChannel(
    { ...settings('https://example.com'), room: '#berth:example.com' },
    { request: guardedRequest(), nowMs: Date.now },
  );
  await expect(channel.send(exampleMessage(), new AbortController().signal)).rejects.toMatchObject({ isFinal: true });
});

test('an older server says in the body how long to wait', async () => {
  await using server = await standIn(() => ({
    status: 429,
    body: '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}',
  }));
  const channel = matrixChannel(settings(server.url), { request: guardedRequest(), nowMs: Date.now });
  await expect(channel.send(exampleMessage(), new AbortController().signal)).rejects.toMatchObject({
    retryAfterMs: 2000,
  });
});
