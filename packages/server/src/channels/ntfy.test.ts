import { expect, test } from 'vitest';
import { z } from 'zod';
import { channelContract } from './contract.ts';
import { guardedRequest } from './http.ts';
import { ntfyChannel } from './ntfy.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { exampleMessage, standIn } from './testing.ts';
import { webSubject } from './web-subject.ts';

/** https://docs.ntfy.sh/publish/#publish-as-json, the fields that we use, and no others. */
const published = z.strictObject({
  topic: z.literal('berth-Xy12'),
  title: z.string().max(250),
  message: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) < 4096),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string().regex(/^[-.\w]+$/)),
  click: z.url().optional(),
  sequence_id: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
});

const settings = (url: string): ChannelSettingsOf<'ntfy'> => ({
  ...{ name: 'phone', alerts: 'warning', digest: false, allowPrivate: true },
  ...{ type: 'ntfy', url: `${url}/berth-Xy12`, token: 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2' },
});

channelContract(
  webSubject({
    ...{ name: 'ntfy', settings, secrets: ['tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2', 'berth-Xy12'] },
    ok: { status: 200, body: '{"id":"x","event":"message"}' },
    taken: ({ method, path, headers, body }) => {
      expect({ method, path }).toEqual({ method: 'POST', path: '/' });
      // Of more it reads nothing: server/server.go, `MessageSizeLimit * 2`.
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(8192);
      expect(headers).toMatchObject({ authorization: 'Bearer tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2' });
      const { title, message, sequence_id } = published.parse(JSON.parse(body));
      return { words: `${title}\n${message}`, id: sequence_id };
    },
  }),
);

const sent = async (change: Parameters<typeof exampleMessage>[0]) => {
  await using server = await standIn(() => ({ status: 200 }));
  const channel = ntfyChannel(settings(server.url), { request: guardedRequest(), nowMs: Date.now });
  await channel.send(exampleMessage(change), new AbortController().signal);
  return published.parse(JSON.parse(server.got[0]?.body ?? ''));
};

test('is as loud as it is bad, and silent for what is over', async () => {
  expect(await sent({ severity: 'critical' })).toMatchObject({
    priority: 5,
    tags: ['rotating_light', 'overdue', 'laptop'],
  });
  expect(await sent({ severity: 'warning' })).toMatchObject({ priority: 4 });
  expect(await sent({ severity: 'notice' })).toMatchObject({ priority: 2 });
  expect(await sent({ kind: 'resolved' })).toMatchObject({
    priority: 2,
    tags: ['white_check_mark', 'overdue', 'laptop'],
  });
  expect(await sent({ kind: 'test' })).toMatchObject({ priority: 3 });
});

test('a URL without a topic is refused with an example', async () => {
  const channel = ntfyChannel(
    { ...settings(''), url: 'https://ntfy.sh/' },
    { request: guardedRequest(), nowMs: Date.now },
  );
  await expect(channel.send(exampleMessage(), new AbortController().signal)).rejects.toMatchObject({
    isFinal: true,
    remedy: expect.stringContaining('https://ntfy.sh/TOPIC'),
  });
});
