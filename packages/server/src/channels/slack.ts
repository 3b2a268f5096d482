import { secretsOf } from './answer.ts';
import type { Channel, Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { fit, fitTitle, linkOf, markOf, wordsOf } from './text.ts';

/** https://docs.slack.dev/reference/block-kit/blocks/header-block and …/composition-objects/text-object */
const most = { header: 150, section: 3000 } as const;

/**
 * Slack's incoming webhooks, by https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Words stand in `plain_text`,
 * which knows no markup; `&`, `<` and `>` are escaped in it all the same (…/messaging/formatting-message-text#escaping), so nothing pings
 * anybody. It knows no id, so a second try can be a second message.
 */
export const slackChannel = (settings: ChannelSettingsOf<'slack'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { url, allowPrivate } = settings;
    await sendJson(
      tools,
      { method: 'POST', url, allowPrivate, signal, content: contentOf(message) },
      {
        name: `Slack (${hostOf(url)})`,
        remedy: 'Make a new incoming webhook for the channel in Slack, and put its URL into its file (url_file).',
        secrets: secretsOf(url),
      },
    );
  },
});

const contentOf = (message: Message) => {
  const { title, body } = wordsOf(message);
  const header = fitTitle(`${markOf(message)} ${title}`, most.header, escaped);
  const link = linkOf(message);
  return {
    // What a notification shows, and programs that show no blocks.
    text: header,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: header, emoji: false } },
      ...(body === ''
        ? []
        : [
            {
              type: 'section',
              text: { type: 'plain_text', text: fit(body, most.section, { write: escaped }), emoji: false },
            },
          ]),
      ...(link === null
        ? []
        : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${linkWritten(link)}|Open the page>` }] }]),
    ],
  };
};

const escaped = (character: string): string => entities[character] ?? character;
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** `|` ends the address in Slack's links. */
const linkWritten = (link: string): string => [...link.replaceAll('|', '%7C')].map(escaped).join('');
