import type { Message } from '../channels/channel.ts';
import { decideDigest } from './decide.ts';
import type { DigestFacts, Rendered } from './digest.ts';
import type { Limits } from './limits.ts';
import type { DigestModel, Need } from './model.ts';

/** What fits into a chat without being scrolled. */
const inShort: Limits = { full: 0, names: 0, needs: 6, each: 2, events: 0, changes: 0, letters: 160 };

/** As an alert, it names no more of them one by one: each channel keeps the message until it is sent. */
const sourcesMost = 100;

/** A rendered digest as a message: in short for chats, with both parts for mail. `id` is made up once per digest. */
export const digestMessage = (facts: DigestFacts, { subject, html, text }: Rendered, id: string): Message => {
  const model = decideDigest(facts, inShort);
  const { tone, url, needs } = model;
  return {
    ...{ id, kind: 'digest', severity: tone === 'good' ? 'notice' : tone, title: subject, code: null },
    body: shortBody(model),
    sources: [...new Set(needs.flatMap(({ sources }) => sources))].slice(0, sourcesMost),
    ...{ atMs: facts.overview.atMs, url, mail: { html, text } },
  };
};

const shortBody = ({ headline, needs, moreNeeds, storage, server, now }: DigestModel): string =>
  [
    `${headline}.`,
    ...needs.flatMap(needLines),
    ...(moreNeeds === 0 ? [] : [`And ${moreNeeds} more: berth-server status`]),
    ...storage.lines,
    `berth on ${server}, ${now}`,
  ].join('\n');

const needLines = ({ title, severity, remedies }: Need, index: number): readonly string[] => [
  `${severity === 'notice' ? '-' : `${index + 1}.`} ${title}.`,
  ...remedies.map((remedy) => `   ${remedy}`),
];
