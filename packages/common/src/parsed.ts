/**
 * What reading a person's text gives: the value, or what is wrong with it (`code` for programs, `message` for people)
 * and what to write instead. Parsers return it and never throw, so that a file's findings can be listed all at once.
 */
export type Parsed<Value> = { readonly ok: true; readonly value: Value } | Refused;

/** The refusing half of `Parsed`. */
export interface Refused {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** A value that was read. */
export const accepted = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });

/** A text that was refused. */
export const refused = (code: string, message: string, remedy: string): Refused => ({
  ok: false,
  code,
  message,
  remedy,
});

/**
 * A person's text as messages quote it: in double quotes, at most 60 characters, printable, and without the password that a URL may
 * hold.
 */
export const quoted = (text: string): string => `"${printable(withoutPassword(text).replace(/["\\]/g, '\\$&'), 60)}"`;

const withoutPassword = (text: string): string => text.replace(/(:\/\/)[^/\s@]*:[^/\s@]*@/g, '$1…@');

/**
 * Foreign text made fit for a message: at most `longest` characters, with everything that could move a cursor, hide or
 * reorder what follows escaped, so that a file can't forge lines of a log or a terminal.
 */
export const printable = (text: string, longest: number): string => {
  const characters = [...text.slice(0, 2 * longest)];
  const cut = characters.length > longest || text.length > 2 * longest;
  return `${characters.slice(0, longest).join('').replace(invisible, escaped)}${cut ? '…' : ''}`;
};

/** Control, format (bidi marks among them) and separator characters, lone surrogates and unassigned ones. */
const invisible = /[\p{C}\u2028\u2029]/gu;

const escaped = (character: string): string => {
  const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return short[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
};
