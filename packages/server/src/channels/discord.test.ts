import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract, units } from './contract.ts';
import { discordChannel } from './discord.ts';
import { guardedRequest } from './http.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { exampleMessage, hostileText, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';

/** https://docs.discord.com/developers/resources/webhook#execute-webhook and …/message#embed-object: what we use of them. */
const executed = z.strictObject({
  allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
  flags: z.literal(4096).optional(),
  embeds: z
    .array(
      z.strictObject({
        title: units(1, 256),
        description: units(0, 4096),
        color: z.int().min(0).max(0xffffff),
        timestamp: z.iso.datetime(),
        url: z.url().optional(),
      }),
    )
    .length(1),
});

const token = '3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba2939e72279b94526ff5d1bd4358d65cf11';
const path = `/api/webhooks/223704706495545344/${token}`;
const settings = (url: string): ChannelSettingsOf<'discord'> => ({
  ...{ name: 'discord', alerts: 'warning', digest: false, allowPrivate: true, type: 'discord' },
  url: `${url}${path}?thread_id=41771983423143937`,
});

const embedOf = (body: string) => {
  const [embed] = executed.parse(JSON.parse(body)).embeds;
  return embed ?? { title: '', description: '' };
};

channelContract(
  webSubject({
    ...{ name: 'Discord', settings, ok: { status: 200, body: '{"id":"1"}' }, secrets: [path, token] },
    taken: ({ method, path: asked, body }) => {
      expect({ method, asked }).toEqual({ method: 'POST', asked: `${path}?thread_id=41771983423143937&wait=true` });
      const { title, description } = embedOf(body);
      return { words: `${title}\n${description}`, id: null };
    },
  }),
);

const channelTo = (url: string) => discordChannel(settings(url), { request: guardedRequest(), nowMs: Date.now });

test('nothing that is written is markup or calls anybody', async () => {
  await using server = await standIn(() => ({ status: 200 }));
  await channelTo(server.url).send(
    exampleMessage({ title: hostileText, body: hostileText }),
    new AbortController().signal,
  );
  const { title, description } = embedOf(server.got[0]?.body ?? '');
  for (const words of [title, description])
    expect(words.replace(/\\[^a-zA-Z0-9\s]/g, '')).not.toMatch(/[*_~`|>#[\]()<@:\\]/);
  expect(description).toContain('\\@everyone \\@here');
});

test('waits as long as Discord says to the millisecond', async () => {
  await using server = await standIn(() => ({
    status: 429,
    headers: { 'Retry-After': '65' },
    body: '{"retry_after": 64.57}',
  }));
  const sent = channelTo(server.url).send(exampleMessage(), new AbortController().signal);
  await expect(sent).rejects.toMatchObject({ isFinal: false, retryAfterMs: 64_570 });
});
