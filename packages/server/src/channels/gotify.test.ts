import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract, units } from './contract.ts';
import { gotifyChannel } from './gotify.ts';
import { guardedRequest } from './http.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { exampleMessage, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';

/** The model `CreateMessage` of https://gotify.net/api-docs, and the extras of https://gotify.net/docs/msgextras that we use. */
const created = z.strictObject({
  title: units(1, 250),
  message: units(1, 8000),
  priority: z.int().min(0).max(10),
  extras: z.strictObject({
    'client::display': z.strictObject({ contentType: z.literal('text/plain') }),
    'client::notification': z.strictObject({ click: z.strictObject({ url: z.url() }) }).optional(),
  }),
});

const settings = (url: string): ChannelSettingsOf<'gotify'> => ({
  ...{ name: 'gotify', alerts: 'warning', digest: false, allowPrivate: true },
  ...{ type: 'gotify', url: `${url}/under/`, token: 'AbCdEfGhIjKlMn.' },
});

channelContract(
  webSubject({
    ...{ name: 'Gotify', settings, secrets: ['AbCdEfGhIjKlMn.'], ok: { status: 200, body: '{"id":25,"appid":5}' } },
    taken: ({ method, path, headers, body }) => {
      expect({ method, path }).toEqual({ method: 'POST', path: '/under/message' });
      expect(headers).toMatchObject({ 'x-gotify-key': 'AbCdEfGhIjKlMn.', 'content-type': 'application/json' });
      const { title, message } = created.parse(JSON.parse(body));
      return { words: `${title}\n${message}`, id: null };
    },
  }),
);

test('is as loud as it is bad, and opens the page', async () => {
  await using server = await standIn(() => ({ status: 200 }));
  const channel = gotifyChannel(settings(server.url), { request: guardedRequest(), nowMs: Date.now });
  for (const severity of ['critical', 'warning', 'notice'] as const) {
    await channel.send(exampleMessage({ severity }), new AbortController().signal);
  }
  const all = server.got.map(({ body }) => created.parse(JSON.parse(body)));
  expect(all.map(({ priority }) => priority)).toEqual([10, 6, 2]);
  expect(all[0]?.extras['client::notification']?.click.url).toBe('https://berth.example.org/sources/laptop');
});
