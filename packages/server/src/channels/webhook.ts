import { createHmac } from 'node:crypto';
import { secretsOf } from './answer.ts';
import type { Channel, Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { fit, linkOf, wordsOf } from './text.ts';

const most = { title: 1000, body: 32_000 } as const;

/**
 * A program of the admin's own: JSON as docs/channels.md describes it. `id` is the same for a second try. With a secret, `Berth-Signature: t=SECONDS,v1=HEX`
 * signs the time and the body, so that the receiver knows who sent it and that it is no copy of an old one.
 */
export const webhookChannel = (settings: ChannelSettingsOf<'webhook'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { url, secret, allowPrivate } = settings;
    const content = JSON.stringify(contentOf(message));
    const seconds = Math.floor(tools.nowMs() / 1000);
    const headers = secret === null ? {} : { 'Berth-Signature': signature(secret, content, seconds) };
    await sendJson(
      tools,
      { method: 'POST', url, headers, allowPrivate, signal, content },
      {
        name: `The webhook at ${hostOf(url)}`,
        remedy: 'See its URL, its secret (secret_file), and what the program there logs.',
        secrets: [...secretsOf(url), ...(secret === null ? [] : [secret])],
      },
    );
  },
});

/** `t=1763704800,v1=5257a8…`: HMAC-SHA256 with the secret over the time in seconds, a dot and the body. */
export const signature = (secret: string, body: string, seconds: number): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;

const contentOf = (message: Message) => {
  const { id, kind, severity, code, sources, atMs } = message;
  const { title, body } = wordsOf(message);
  return {
    ...{ version: 1, id, kind, severity, code, sources },
    ...{ title: fit(title, most.title), body: fit(body, most.body) },
    ...{ at: new Date(atMs).toISOString(), url: linkOf(message) },
  };
};
