import { styleText } from 'node:util';

/** Colours where standard output is a terminal that wants them: `styleText` looks at the stream and at NO_COLOR. */
export const paint = (format: Parameters<typeof styleText>[0], text: string): string =>
  styleText(format, text, { stream: process.stdout });

/** One line, or some. */
export const say = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

/** What another program said, set in from the left and without what could move the cursor. */
export const quote = (text: string): void => {
  for (const line of text.trimEnd().split('\n')) say(line.trim() === '' ? '' : `    ${paint('dim', printable(line))}`);
};

/** A command as a person would type it. */
export const typed = (words: readonly string[]): void => {
  say(`  ${paint('cyan', '$')} ${words.map(shellWord).join(' ')}`);
};

/** Text from outside, without control characters. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '');

const shellWord = (word: string): string =>
  /^(?:[\w@%+=:,./-]+|&)$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
