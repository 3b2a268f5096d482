import { secretsOf } from './answer.ts';
import type { Channel, Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson, under } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { fit, fitTitle, isQuiet, linkOf, wordsOf } from './text.ts';

/** Gotify names no limit; phones show no more than this anyway. */
const most = { title: 250, body: 8000 } as const;

/**
 * Gotify, by https://gotify.net/api-docs (`POST /message`, `X-Gotify-Key`). The message is shown as plain text, never as Markdown
 * (https://gotify.net/docs/msgextras). It knows no id, so a second try can be a second message.
 */
export const gotifyChannel = (settings: ChannelSettingsOf<'gotify'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { url, token, allowPrivate } = settings;
    const headers = { 'X-Gotify-Key': token };
    await sendJson(
      tools,
      { method: 'POST', url: under(url, 'message'), headers, allowPrivate, signal, content: contentOf(message) },
      {
        name: `Gotify at ${hostOf(url)}`,
        remedy: 'See that its token (token_file) is that of an application, and its URL that of the server.',
        secrets: [...secretsOf(url), token],
      },
    );
  },
});

const contentOf = (message: Message) => {
  const { title, body } = wordsOf(message);
  const link = linkOf(message);
  return {
    title: fitTitle(title, most.title),
    message: fit(body === '' ? title : body, most.body),
    priority: priorityOf(message),
    extras: {
      'client::display': { contentType: 'text/plain' },
      ...(link === null ? {} : { 'client::notification': { click: { url: link } } }),
    },
  };
};

/** As its app for Android understands it: from 8 on it sounds and pops up, from 4 it sounds, below it does not. */
const priorityOf = (message: Message): number => {
  if (isQuiet(message)) return 2;
  return message.kind === 'test' ? 5 : { notice: 2, warning: 6, critical: 10 }[message.severity];
};
