import type { DigestFacts, Rendered } from './digest.ts';

/**
 * The digest as it is sent. The same facts give the same words. Rejects only by a bug: nothing that a source wrote can stop it.
 */
export const renderDigest = async (facts: DigestFacts): Promise<Rendered> => {
  const subject = `berth: ${facts.overview.sources.length} sources`;
  return { subject, html: `<p>${subject.replaceAll('<', '')}</p>`, text: `${subject}\n` };
};
