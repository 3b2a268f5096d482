import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { guardedRequest } from '../../../packages/server/src/channels/http.ts';
import { channelOf } from '../../../packages/server/src/channels/registry.ts';
import { mailServer } from '../../../packages/server/src/channels/smtp-testing.ts';
import type { DigestFacts } from '../../../packages/server/src/digest/digest.ts';
import { digestMessage } from '../../../packages/server/src/digest/message.ts';
import { renderDigest } from '../../../packages/server/src/digest/render.ts';
import type { PageFacts } from '../../../packages/server/src/page/page.ts';
import { quote, say } from '../../demo/screen.ts';
import { expect } from '../../demo/story.ts';
import { size } from '../../demo/words.ts';

/** What the digest of that page's fleet is made of. */
export const digestFacts = (page: PageFacts): DigestFacts => {
  const overview = page.overview();
  if (overview === null) throw new Error('the example has an overview');
  return {
    overview,
    sinceMs: overview.atMs - 86_400_000,
    events: page.events(),
    changes: page.changes(),
  };
};

/** Sends the digest to a real SMTP server on loopback, shows the text part as it arrived, and writes both parts to `folder`. */
export const mailDigest = async (page: PageFacts, folder: string): Promise<string> => {
  const facts = digestFacts(page);
  const message = digestMessage(facts, await renderDigest(facts), 'demo');
  await using server = await mailServer();
  const channel = channelOf(
    {
      ...{ type: 'email', name: 'mail', alerts: 'warning', digest: true, host: '127.0.0.1', port: server.port },
      ...{ tls: 'none', user: null, password: null, from: 'nas@example.org', to: ['admin@example.org'] },
    },
    { request: guardedRequest(), nowMs: () => facts.overview.atMs },
  );
  await channel.send(message, AbortSignal.timeout(30_000));
  const mail = server.got[0]?.parsed;
  expect(mail !== undefined && typeof mail.html === 'string', 'the mail did not arrive with both parts');
  say(`  Subject: ${mail.subject}`);
  quote((mail.text ?? '').split('\n').slice(0, 40).join('\n'));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'digest.html'), mail.html);
  await writeFile(join(folder, 'digest.txt'), mail.text ?? '');
  const bytes = Buffer.byteLength(mail.html);
  return `"${mail.subject}": ${size(bytes)} of HTML, and a text part`;
};
