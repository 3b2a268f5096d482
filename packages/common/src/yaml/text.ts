import type { Place } from './finding.ts';

/** The largest config file that is read at all: 1,000 sources with ed25519 keys take 150 KB. */
export const configLimitBytes = 256 * 1024;

/** The text of a config file, or why it is no text a YAML parser should see. */
export type DecodedText =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      readonly at: Place;
    };

/**
 * Bytes → text: at most 256 KiB, UTF-8, no control characters but tab and line ends. A byte order mark is dropped and
 * CRLF is left for the YAML parser, which knows it: both come from ordinary Windows editors and mean nothing.
 */
export const decodeText = (content: string | Uint8Array): DecodedText => {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (bytes.length > configLimitBytes) return tooLarge;
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) return utf16;
  const valid = validPrefix(bytes);
  const text = valid.text.startsWith('\u{feff}') ? valid.text.slice(1) : valid.text;
  const control = controlCharacter.exec(text);
  if (control !== null) return controlFound(control[0], placeIn(text, control.index));
  return valid.whole ? { ok: true, text } : { ...notUtf8, at: placeIn(text, text.length) };
};

/** The place of a character in a text: lines end with LF or CRLF, as in the YAML parser. */
export const placeIn = (text: string, index: number): Place => {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line += 1;
  return { line, column: before.length - lineStart + 1 };
};

/** YAML 1.2.2 §5.1 allows no others, and a terminal that prints one obeys it. */
const controlCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** The longest prefix that is UTF-8: found by halving, because the decoder does not say where it failed. */
const validPrefix = (bytes: Uint8Array): { readonly text: string; readonly whole: boolean } => {
  const whole = decode(bytes, false);
  if (whole !== null) return { text: whole, whole: true };
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decode(bytes.subarray(0, middle), true) === null) bad = middle;
    else good = middle;
  }
  return { text: decode(bytes.subarray(0, good), true) ?? '', whole: false };
};

const decode = (bytes: Uint8Array, stream: boolean): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream });
  } catch {
    return null;
  }
};

const startsWith = (bytes: Uint8Array, first: number, second: number): boolean =>
  bytes[0] === first && bytes[1] === second;

const start: Place = { line: 1, column: 1 };

const tooLarge: DecodedText = {
  ok: false,
  code: 'too-large',
  message: 'the file is larger than 256 KiB, so it was not read',
  remedy: 'Check that it is the right file: a config file is much smaller.',
  at: start,
};

const utf16: DecodedText = {
  ok: false,
  code: 'not-utf8',
  message: 'the file is in UTF-16',
  remedy: 'Save it as UTF-8 (in Windows Notepad: Save as, Encoding: UTF-8).',
  at: start,
};

const notUtf8 = {
  ok: false,
  code: 'not-utf8',
  message: 'from here on the file is not UTF-8 text',
  remedy: 'Save it as UTF-8, or write this character again.',
} as const;

const controlFound = (character: string, at: Place): DecodedText => {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const name = code === '0000' ? 'a NUL byte' : `the control character U+${code}`;
  return { ok: false, code: 'control-character', message: `${name} stands here`, remedy: 'Delete it.', at };
};
