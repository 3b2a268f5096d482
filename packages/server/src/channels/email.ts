import { createHash } from 'node:crypto';
import type { Channel, Message } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { deliver, type Mail } from './smtp.ts';
import { escapeHtml, fit, fitTitle, linkOf, plain, wordsOf } from './text.ts';

/** A subject is shown to some 100 characters; servers take mails of 10 MB and more. */
const most = { subject: 200, body: 100_000, digestText: 1_000_000, digestHtml: 4_000_000 } as const;

/**
 * Mail by the admin's own server, which may be on this machine or beside it. The subject is the title, on one line. The digest goes in
 * both its parts, everything else as text with the same in simple HTML. The Message-ID follows from the message's id, so that
 * mail programs show a second try once; mails of one trouble refer to it and are shown together (RFC 5322, section 3.6.4). `Auto-Submitted`
 * keeps holiday notices from answering (RFC 3834).
 */
export const emailChannel = (settings: ChannelSettingsOf<'email'>, tools: ChannelTools): Channel => ({
  name: settings.name,
  send: (message, signal) => deliver(settings, mailOf(message, settings), tools, signal),
});

/** A message as a mail. */
export const mailOf = (message: Message, { from, to }: Pick<ChannelSettingsOf<'email'>, 'from' | 'to'>): Mail => {
  const domain = /@([-.A-Za-z0-9]+)>?\s*$/.exec(from)?.[1] ?? 'berth.invalid';
  const idOf = (what: string) => `<berth.${createHash('sha256').update(what).digest('hex').slice(0, 40)}@${domain}>`;
  const { thread = null } = message;
  const trouble = thread === null ? null : idOf(`thread ${thread}`);
  return {
    ...{ from, to: [...to], date: new Date(message.atMs), messageId: idOf(`message ${message.id}`) },
    subject: fitTitle(wordsOf(message).title, most.subject),
    ...(trouble === null ? {} : { references: [trouble], inReplyTo: trouble }),
    ...(message.severity === 'critical' && (message.kind === 'raised' || message.kind === 'reminder')
      ? { priority: 'high' as const }
      : {}),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...partsOf(message),
  };
};

const partsOf = (message: Message): { readonly text: string; readonly html?: string } => {
  const { mail } = message;
  if (mail !== null) {
    const text = fit(plain(mail.text), most.digestText);
    return mail.html.length > most.digestHtml ? { text } : { text, html: mail.html };
  }
  const { title, body } = wordsOf(message);
  const link = linkOf(message);
  const words = fit(body === '' ? title : body, most.body);
  return { text: `${words}\n${link === null ? '' : `\n${link}\n`}`, html: htmlOf(title, words, link) };
};

const htmlOf = (title: string, words: string, link: string | null): string => {
  const safe = (text: string) => [...text].map(escapeHtml).join('');
  const anchor = link === null ? '' : `<p style="margin:16px 0 0"><a href="${safe(link)}">Open the page</a></p>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${safe(title)}</title></head><body style="margin:0;padding:16px;font:16px/1.5 system-ui,sans-serif"><p style="margin:0 0 12px"><strong>${safe(title)}</strong></p><div style="white-space:pre-wrap;overflow-wrap:anywhere">${safe(words)}</div>${anchor}</body></html>`;
};
