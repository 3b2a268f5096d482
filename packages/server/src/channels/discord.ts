import { secretsOf } from './answer.ts';
import type { Channel, Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { fit, fitTitle, isQuiet, linkOf, wordsOf } from './text.ts';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits; all of an embed together: 6000. */
const most = { title: 256, description: 4096 } as const;

/** `SUPPRESS_NOTIFICATIONS`: https://docs.discord.com/developers/resources/message#message-object-message-flags */
const withoutSound = 1 << 12;

/**
 * Discord's webhooks, by https://docs.discord.com/developers/resources/webhook#execute-webhook, as one embed: mentions in it call
 * nobody, and `allowed_mentions` says so again. Its Markdown is escaped. `wait` has it say when it did not keep the message. It knows no id, so a
 * second try can be a second message.
 */
export const discordChannel = (settings: ChannelSettingsOf<'discord'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { allowPrivate } = settings;
    const url = new URL(settings.url);
    url.searchParams.set('wait', 'true');
    await sendJson(
      tools,
      { method: 'POST', url: url.href, allowPrivate, signal, content: contentOf(message) },
      {
        name: `Discord (${hostOf(settings.url)})`,
        remedy: 'Make a new webhook in the settings of the Discord channel, and put its URL into its file (url_file).',
        secrets: secretsOf(settings.url),
        waitOf,
      },
    );
  },
});

const contentOf = (message: Message) => {
  const { title, body } = wordsOf(message);
  const link = linkOf(message);
  return {
    allowed_mentions: { parse: [] },
    ...(isQuiet(message) ? { flags: withoutSound } : {}),
    embeds: [
      {
        title: fitTitle(title, most.title, escaped),
        description: fit(body, most.description, { write: escaped }),
        color: colorOf(message),
        timestamp: new Date(message.atMs).toISOString(),
        ...(link === null ? {} : { url: link }),
      },
    ],
  };
};

/** Everything that means something in its Markdown; `@`, `#` and `<` also begin mentions. */
const escaped = (character: string): string => (/[\\*_~`|>#\-[\]()<@:]/.test(character) ? `\\${character}` : character);

const colorOf = ({ kind, severity }: Message): number => {
  if (kind === 'resolved') return 0x2e9e5b;
  if (kind === 'digest' || kind === 'test') return 0x3b6ea8;
  return { notice: 0x3b6ea8, warning: 0xd98200, critical: 0xc62828 }[severity];
};

/** `retry_after` is in seconds and finer than the header: https://docs.discord.com/developers/topics/rate-limits */
const waitOf = (body: string): number | null => {
  const seconds = /"retry_after"\s*:\s*(\d{1,7}(?:\.\d{1,6})?)/.exec(body)?.[1];
  return seconds === undefined ? null : Math.ceil(Number(seconds) * 1000);
};
