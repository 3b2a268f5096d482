import { createHash } from 'node:crypto';
import { secretsOf } from './answer.ts';
import { type Channel, ChannelError, type Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { fit, isQuiet, linkOf, utf8Bytes, wordsOf } from './text.ts';

/**
 * A message of 4096 bytes becomes an attachment, which most servers refuse (https://docs.ntfy.sh/publish/#limitations); and ntfy reads no
 * more than 8192 bytes of JSON. So the words are measured as they stand in it.
 */
const most = { title: 250, message: 4000 } as const;

const jsonBytes = (text: string): number => utf8Bytes(JSON.stringify(text)) - 2;

/**
 * ntfy, by https://docs.ntfy.sh/publish/#publish-as-json: the topic is the last part of the URL, and everything else goes in the body,
 * so that no text is ever a header. `sequence_id` lets a second try take the place of the first (ntfy 2.16 and newer; older ones pass it over).
 */
export const ntfyChannel = (settings: ChannelSettingsOf<'ntfy'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { url, token, allowPrivate } = settings;
    const { base, topic } = splitTopic(url);
    await sendJson(
      tools,
      {
        ...{ method: 'POST', url: base, allowPrivate, signal, content: contentOf(message, topic) },
        ...(token === null ? {} : { headers: { Authorization: `Bearer ${token}` } }),
      },
      {
        name: `ntfy at ${hostOf(url)}`,
        remedy: 'See that the topic in its URL is right and that its token (token_file) may write to it.',
        secrets: [...secretsOf(url), topic, ...(token === null ? [] : [token])],
      },
    );
  },
});

const splitTopic = (url: string): { readonly base: string; readonly topic: string } => {
  const parsed = new URL(url);
  const parts = parsed.pathname.split('/').filter(Boolean);
  const topic = parts.pop() ?? '';
  if (!/^[-_A-Za-z0-9]{1,64}$/.test(topic)) {
    throw new ChannelError(`The URL of ntfy at ${parsed.host} names no topic.`, {
      isFinal: true,
      remedy: 'End its URL with a topic of letters, digits, - and _: https://ntfy.sh/TOPIC',
    });
  }
  parsed.pathname = `/${parts.join('/')}`;
  parsed.search = '';
  return { base: parsed.href, topic };
};

const contentOf = (message: Message, topic: string) => {
  const { title, body } = wordsOf(message);
  const click = linkOf(message);
  return {
    ...{ topic, title: fit(title, most.title, { size: jsonBytes }) },
    // An empty one would be shown as "triggered".
    message: fit(body === '' ? title : body, most.message, { size: jsonBytes }),
    ...{ priority: priorityOf(message), tags: tagsOf(message) },
    ...(click === null ? {} : { click }),
    // It takes no dot.
    sequence_id: createHash('sha256').update(message.id).digest('hex').slice(0, 32),
  };
};

/** https://docs.ntfy.sh/publish/#message-priority: 5 is loud until it is seen, 3 the usual sound, 2 none. */
const priorityOf = (message: Message): number => {
  if (isQuiet(message)) return 2;
  return message.kind === 'test' ? 3 : { notice: 2, warning: 4, critical: 5 }[message.severity];
};

/** https://docs.ntfy.sh/publish/#tags-emojis: the first is shown as a picture, the others as words to filter by. */
const tagsOf = ({ kind, severity, code, sources }: Message): readonly string[] => {
  const picture = { notice: 'information_source', warning: 'warning', critical: 'rotating_light' }[severity];
  const first = { resolved: 'white_check_mark', digest: 'anchor', test: 'anchor', raised: picture, reminder: picture };
  const words = [...(code === null ? [] : [code]), ...sources].filter((word) => /^[-.\w]{1,64}$/.test(word));
  return [first[kind], ...words.slice(0, 5)];
};
