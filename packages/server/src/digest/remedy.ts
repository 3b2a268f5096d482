/** A sentence of a remedy, and the command that ends it; null where none does. */
export interface RemedyPart {
  readonly words: string;
  readonly command: string | null;
}

/**
 * A remedy with its commands apart, so that each can be copied: our remedies say them after a colon. They are berth's own, and those of a
 * shell that our remedies use.
 */
export const remedyParts = (remedy: string): readonly RemedyPart[] => {
  const parts: RemedyPart[] = [];
  let from = 0;
  for (const match of remedy.matchAll(
    /(?<=: )(?:berth(?:-server)? |(?:chown|chgrp|mkdir) |(?:ls|df|stat|chmod) -).+?(?=\. \p{Lu}|\.?$)/gu,
  )) {
    parts.push({ words: remedy.slice(from, match.index).trim(), command: match[0] });
    from = match.index + match[0].length + (remedy.charAt(match.index + match[0].length) === '.' ? 1 : 0);
  }
  const rest = remedy.slice(from).trim();
  return rest === '' ? parts : [...parts, { words: rest, command: null }];
};
