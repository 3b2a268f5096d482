import { decideDigest } from './decide.ts';
import type { DigestFacts, Rendered } from './digest.ts';
import { htmlDigest } from './html.ts';
import { limitLevels, longestHtml } from './limits.ts';
import type { DigestModel } from './model.ts';
import { textDigest } from './text.ts';

/**
 * The digest as it is sent. The same facts give the same words. However many sources there are, it stays below what Gmail shows of a mail.
 * Rejects only by a bug: nothing that a source wrote can stop it.
 */
export const renderDigest = async (facts: DigestFacts): Promise<Rendered> => {
  let rendered: Rendered | null = null;
  for (const limits of limitLevels) {
    rendered = await render(decideDigest(facts, limits));
    if (Buffer.byteLength(rendered.html) <= longestHtml) break;
  }
  if (rendered === null) throw new Error('no limits to render a digest by');
  return rendered;
};

const render = async (model: DigestModel): Promise<Rendered> => ({
  subject: model.subject,
  html: await htmlDigest(model),
  text: textDigest(model),
});
