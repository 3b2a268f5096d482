import type { Bytes } from './brand.ts';
import { accepted, type Parsed, quoted, refused } from './parsed.ts';

const prefixes: readonly string[] = ['', 'K', 'M', 'G', 'T', 'P'];

/**
 * A size as a person writes it: `500`, `10G`, `1.5TiB`, `200 GB`. Letters are read as coreutils and restic read them:
 * `G` and `GiB` are 2^30, `GB` is 10^9; case does not matter (so `gb` is never gigabits). Fractions of a byte round down.
 */
export const parseSize = (text: string): Parsed<Bytes> => {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?(?:([KMGTP])(i?B)?|B)?$/i.exec(text);
  if (match === null) return refused('size', `${quoted(text)} is not a size`, sizeRemedy(text));
  const [, digits = '', prefix = '', suffix = ''] = match;
  const base = /^b$/i.test(suffix) ? 1000 : 1024;
  const exponent = prefixes.indexOf(prefix.toUpperCase());
  const bytes = Math.floor(Number(digits) * base ** exponent);
  if (!isBytes(bytes)) return refused('size', `${quoted(text)} is more than any disk holds`, 'Write at most 8191T.');
  return accepted(bytes);
};

/** True for what can count bytes: a safe integer, not negative. */
export const isBytes = (value: number): value is Bytes => Number.isSafeInteger(value) && value >= 0;

/** A size for people, in binary units with at most one decimal: `0 B`, `999 B`, `1.5 GiB`, `12 TiB`. `parseSize` reads it. */
export const formatSize = (bytes: Bytes): string => {
  let exponent = 0;
  let value: number = bytes;
  // 1023.95 and up would print as 1024.0: it belongs to the next unit.
  while (value >= (exponent === 0 ? 1024 : 1023.95) && exponent < prefixes.length - 1) {
    value /= 1024;
    exponent += 1;
  }
  const number = exponent === 0 ? String(value) : value.toFixed(1).replace(/\.0$/, '');
  return `${number} ${prefixes[exponent] ?? ''}${exponent === 0 ? 'B' : 'iB'}`;
};

const sizeRemedy = (text: string): string => {
  const plain = text.replace(/[\s_']/g, '').replace(',', '.');
  const close = plain !== text && /^\d+(\.\d+)?([KMGTP](i?B)?|B)?$/i.test(plain) ? plain : null;
  return close === null ? 'Write a number and a unit, for example 500G or 1.5T.' : `Write ${close}.`;
};
