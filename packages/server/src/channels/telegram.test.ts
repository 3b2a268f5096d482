import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract, units } from './contract.ts';
import { guardedRequest } from './http.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { telegramChannel } from './telegram.ts';
import { exampleMessage, hostileText, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';

/** https://core.telegram.org/bots/api#sendmessage; without `parse_mode` nothing in `text` is markup. */
const sendMessage = z
  .strictObject({
    chat_id: z.literal('-1001234567890'),
    text: units(1, 4096),
    entities: z.tuple([z.strictObject({ type: z.literal('bold'), offset: z.literal(0), length: z.int().min(1) })]),
    link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
    disable_notification: z.boolean(),
  })
  .refine(({ text, entities }) => entities[0].length <= text.length);

const token = '123456789:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';
const settings = (url: string): ChannelSettingsOf<'telegram'> => ({
  ...{ name: 'telegram', alerts: 'warning', digest: false, allowPrivate: true, type: 'telegram', url, token },
  chat: '-1001234567890',
});

channelContract(
  webSubject({
    ...{ name: 'Telegram', settings, ok: { status: 200, body: '{"ok":true}' } },
    secrets: [token, 'ABC-DEF1234ghIkl-zyx57W2v1u123ew11'],
    taken: ({ method, path, body }) => {
      expect({ method, path }).toEqual({ method: 'POST', path: `/bot${token}/sendMessage` });
      return { words: sendMessage.parse(JSON.parse(body)).text.replaceAll('\u2060', ''), id: null };
    },
  }),
);

const channelTo = (url: string) => telegramChannel(settings(url), { request: guardedRequest(), nowMs: Date.now });

test('the title is bold, nobody is mentioned, and an address stays one', async () => {
  await using server = await standIn(() => ({ status: 200 }));
  await channelTo(server.url).send(
    exampleMessage({ body: `${hostileText} me@example.org` }),
    new AbortController().signal,
  );
  const { text, entities } = sendMessage.parse(JSON.parse(server.got[0]?.body ?? ''));
  expect(text.slice(0, entities[0].length)).toBe('🔴 laptop is overdue');
  expect(text).not.toMatch(/(?<!\w)@\w/);
  expect(text).toContain('me@example.org');
});

test('waits as long as Telegram says, in its body', async () => {
  await using server = await standIn(() => ({
    ...{
      status: 429,
      body: '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}',
    },
  }));
  const sent = channelTo(server.url).send(exampleMessage(), new AbortController().signal);
  await expect(sent).rejects.toMatchObject({ isFinal: false, retryAfterMs: 35_000 });
});
