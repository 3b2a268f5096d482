import { secretsOf } from './answer.ts';
import { type Channel, ChannelError, type Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import { hostOf, sendJson, under } from './send.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { escapeHtml, fit, fitTitle, isQuiet, linkOf, markOf, utf8Bytes, wordsOf } from './text.ts';

/** A whole event may take 65,536 bytes (https://spec.matrix.org/latest/client-server-api/#size-limits), and carries the words twice. */
const most = { title: 250, bytes: 12_000, htmlBytes: 30_000 } as const;

/**
 * Matrix, by https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid. The transaction is named
 * after the message, so a second try is no second message. `m.mentions` is empty: nobody is called by their name. A room with encryption
 * shows it as unencrypted.
 */
export const matrixChannel = (settings: ChannelSettingsOf<'matrix'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: async (message, signal) => {
    const { url, room, token, allowPrivate } = settings;
    if (!room.startsWith('!')) {
      throw new ChannelError(`${room} is no room's own id, which begins with "!".`, {
        isFinal: true,
        remedy: 'Write the internal room id; Element shows it in the room settings under "Advanced".',
      });
    }
    const path = `_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(message.id)}`;
    await sendJson(
      tools,
      {
        ...{ method: 'PUT', url: under(url, path), allowPrivate, signal, content: contentOf(message) },
        headers: { Authorization: `Bearer ${token}` },
      },
      {
        name: `Matrix at ${hostOf(url)}`,
        remedy: 'See that its token (token_file) is still valid and that its user has joined the room.',
        secrets: [token, ...secretsOf(url)],
        waitOf,
      },
    );
  },
});

const contentOf = (message: Message) => {
  const { title, body } = wordsOf(message);
  const link = linkOf(message);
  const head = `${markOf(message)} ${fitTitle(title, most.title)}`;
  const html = (text: string, bytes: number) => fit(text, bytes, { write: escapeHtml, size: utf8Bytes });
  const lines = html(body, most.htmlBytes).replaceAll('\n', '<br>');
  const anchor = link === null ? '' : `<p><a href="${html(link, 8000)}">Open the page</a></p>`;
  return {
    // Clients make no sound for a notice.
    msgtype: isQuiet(message) ? 'm.notice' : 'm.text',
    body: [head, fit(body, most.bytes, { size: utf8Bytes }), link ?? ''].filter(Boolean).join('\n\n'),
    format: 'org.matrix.custom.html',
    formatted_body: `<p><strong>${html(head, 2000)}</strong></p>${lines === '' ? '' : `<p>${lines}</p>`}${anchor}`,
    'm.mentions': {},
  };
};

/** Before version 1.10 of the specification the wait stood in the body. */
const waitOf = (body: string): number | null => {
  const ms = /"retry_after_ms"\s*:\s*(\d{1,9})/.exec(body)?.[1];
  return ms === undefined ? null : Number(ms);
};
