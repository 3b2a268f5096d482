import { printable } from '@berth/common/parsed.ts';
import { html as template } from 'hono/html';

/** HTML that is safe as it stands: made by `html` and by nothing else. */
export type Markup = Exclude<ReturnType<typeof template>, Promise<unknown>>;

/** What may stand in a hole of `html`: null and false are nothing. */
export type Piece = string | number | null | false | Markup | readonly Piece[];

/**
 * A piece of HTML or SVG. Every string put into it is escaped, in text and in quoted attributes, and what could hide or reorder text
 * (control characters, bidi marks) is spelled out: a source's words can do nothing, wherever they stand.
 */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup => {
  const made = template(strings, ...pieces.map(fit));
  // It is one only where a hole holds one, and none does.
  if (made instanceof Promise) throw new Error('a promise stood in a template');
  return made;
};

/** Longer than any sentence of ours; what is longer is shown line by line, or cut here. */
const longest = 4000;

const fit = (piece: Piece): unknown => {
  if (typeof piece === 'string') return plain.test(piece) ? piece : printable(piece, longest);
  return Array.isArray(piece) ? piece.map(fit) : piece;
};

/** Most are: a page of a thousand sources has some 50,000 of them. */
const plain = /^[ -~]{0,4000}$/;
