import type { Message } from '../channels/channel.ts';
import type { DigestFacts, Rendered } from './digest.ts';

/** A rendered digest as a message: in short for chats, with both parts for mail. `id` is made up once per digest. */
export const digestMessage = (facts: DigestFacts, { subject, html, text }: Rendered, id: string): Message => ({
  ...{ id, kind: 'digest', severity: 'notice', title: subject, body: text, code: null, sources: [] },
  ...{ atMs: facts.overview.atMs, url: facts.overview.server.pageUrl, mail: { html, text } },
});
