import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract, units } from './contract.ts';
import { guardedRequest } from './http.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { slackChannel } from './slack.ts';
import { exampleMessage, hostileText, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';

/** No bare control character of Slack's: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (most: number) => units(1, most).regex(/^(?:[^<>&]|&(?:amp|lt|gt);)*$/);
const plainText = (most: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: escaped(most), emoji: z.literal(false) });
const link = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z.string().regex(/^<https?:\/\/[^<>|]+\|Open the page>$/),
});

/** https://docs.slack.dev/reference/block-kit/blocks: the ones that we use. */
const posted = z.strictObject({
  text: escaped(150),
  mrkdwn: z.literal(false),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('header'), text: plainText(150) }),
        z.strictObject({ type: z.literal('section'), text: plainText(3000) }),
        z.strictObject({ type: z.literal('context'), elements: z.array(link).max(10) }),
      ]),
    )
    .max(50),
});

const path = '/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX';
const settings = (url: string): ChannelSettingsOf<'slack'> => ({
  ...{ name: 'slack', alerts: 'warning', digest: false, allowPrivate: true, type: 'slack', url: `${url}${path}` },
});

const textsOf = (body: string): string =>
  posted
    .parse(JSON.parse(body))
    .blocks.flatMap((block) => (block.type === 'context' ? [] : [block.text.text]))
    .join('\n');

channelContract(
  webSubject({
    ...{ name: 'Slack', settings, ok: { status: 200, body: 'ok' }, secrets: [path, 'XXXXXXXXXXXXXXXXXXXXXXXX'] },
    taken: ({ method, path: asked, body }) => {
      expect({ method, asked }).toEqual({ method: 'POST', asked: path });
      return { words: textsOf(body), id: null };
    },
  }),
);

test('pings nobody, and says what was written as it was written', async () => {
  await using server = await standIn(() => ({ status: 200, body: 'ok' }));
  const channel = slackChannel(settings(server.url), { request: guardedRequest(), nowMs: Date.now });
  await channel.send(exampleMessage({ body: hostileText }), new AbortController().signal);
  const words = textsOf(server.got[0]?.body ?? '');
  expect(words).toContain('&lt;!channel&gt; &lt;@U012345&gt;');
  expect(words).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('an address can not end its own link', async () => {
  await using server = await standIn(() => ({ status: 200, body: 'ok' }));
  const channel = slackChannel(settings(server.url), { request: guardedRequest(), nowMs: Date.now });
  const url = 'https://berth.example.org/?a=1&b=<!channel>|x>';
  await channel.send(exampleMessage({ url }), new AbortController().signal);
  expect(posted.parse(JSON.parse(server.got[0]?.body ?? '')).blocks.at(-1)).toMatchObject({ type: 'context' });
});
