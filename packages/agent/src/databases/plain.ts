import { stripVTControlCharacters } from 'node:util';

/** Names and words that a server said, for reports and terminals: nothing in it moves a cursor or turns the direction of writing. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ');
