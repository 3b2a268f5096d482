import { decideDigest } from './decide.ts';
import type { DigestFacts, Rendered } from './digest.ts';
import { digestMarkup, frameBytes, mailHtml } from './html.ts';
import { limitLevels, longestHtml } from './limits.ts';
import { textDigest } from './text.ts';

/**
 * The digest as it is sent. The same facts give the same words. However many sources there are, it stays below what Gmail shows of a mail.
 * Rejects only by a bug: nothing that a source wrote can stop it.
 */
export const renderDigest = async (facts: DigestFacts): Promise<Rendered> => {
  const last = limitLevels.length - 1;
  for (const [level, limits] of limitLevels.entries()) {
    const model = decideDigest(facts, limits);
    const markup = await digestMarkup(model);
    if (level < last && Buffer.byteLength(markup) > longestHtml - frameBytes) continue;
    return { subject: model.subject, html: await mailHtml(markup), text: textDigest(model) };
  }
  throw new Error('there are no limits to tell a digest by');
};
