import { secretsOf } from './answer.ts';
import type { Channel, Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson, under } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { fit, fitTitle, isQuiet, linkOf, markOf, wordsOf } from './text.ts';

/** https://core.telegram.org/bots/api#sendmessage: 1 to 4096 characters. */
const most = { title: 250, text: 4096 } as const;

/**
 * Telegram's bots, by https://core.telegram.org/bots/api#sendmessage. No `parse_mode`, so nothing in the words is markup: the title is bold by an
 * entity, counted in UTF-16 code units as Telegram and JavaScript both do. It knows no id, so a second try can be a second message.
 */
export const telegramChannel = (settings: ChannelSettingsOf<'telegram'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { url, chat, token, allowPrivate } = settings;
    await sendJson(
      tools,
      {
        ...{ method: 'POST', url: under(url, `bot${encodeURIComponent(token).replaceAll('%3A', ':')}/sendMessage`) },
        ...{ allowPrivate, signal, content: contentOf(message, chat) },
      },
      {
        name: `Telegram at ${hostOf(url)}`,
        remedy:
          'See that its token (token_file) is that of BotFather, and that the bot is in the chat or was written to.',
        secrets: [token, ...token.split(':').filter((part) => part.length > 12), ...secretsOf(url)],
        waitOf,
      },
    );
  },
});

const contentOf = (message: Message, chat: string) => {
  const { title, body } = wordsOf(message);
  const link = linkOf(message);
  const head = `${markOf(message)} ${fitTitle(callsNobody(title), most.title)}`;
  const tail = link === null || link.length > 1000 ? '' : `\n\n${link}`;
  const words = fit(callsNobody(body), most.text - head.length - tail.length - 2);
  return {
    chat_id: chat,
    text: `${head}${words === '' ? '' : `\n\n${words}`}${tail}`,
    entities: [{ type: 'bold', offset: 0, length: head.length }],
    link_preview_options: { is_disabled: true },
    disable_notification: isQuiet(message),
  };
};

/** Telegram makes mentions of plain text, too; an invisible word joiner keeps the name a word. Addresses such as user@host are none. */
const callsNobody = (text: string): string => text.replace(/(?<!\w)@(?=\w)/g, '@\u2060');

/** `parameters.retry_after` in seconds: https://core.telegram.org/bots/api#responseparameters */
const waitOf = (body: string): number | null => {
  const seconds = /"retry_after"\s*:\s*(\d{1,7})/.exec(body)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
};
