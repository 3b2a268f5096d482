import { Problem } from '@berth/common/problem.ts';

/**
 * Joins an argv into the one string that restic splits again for `rclone.program` (its internal/backend/shell_split.go). The rules are
 * not a shell's: quotes only delimit, a backslash is never removed, and a quote after a backslash is an ordinary character. So an
 * argument that is empty, ends in a backslash, holds both kinds of quote or a CR LF (CSV, below) cannot be said, and throws a `Problem` 'unquotable'
 * instead of reaching ssh as something else.
 */
export const quoteForRestic = (argv: readonly string[]): string => argv.map(quoteOne).join(' ');

/**
 * One value for restic's `-o`: `key=value`, quoted as a CSV field where needed, because restic's flag (pflag's StringSlice) reads its
 * argument as a line of CSV and would split at a comma and stumble over a quote.
 */
export const resticOption = (key: string, value: string): string => {
  const option = `${key}=${value}`;
  return /[",\r\n]/.test(option) ? `"${option.replaceAll('"', '""')}"` : option;
};

const quoteOne = (argument: string): string => {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(argument)) return argument;
  const quote = ["'", '"'].find((candidate) => survives(argument, candidate));
  if (quote === undefined) {
    throw new Problem(
      'unquotable',
      `restic cannot be given the argument ${JSON.stringify(argument)}.`,
      'Use a directory whose name is not empty, does not end in a backslash and does not hold both kinds of quotes.',
    );
  }
  return `${quote}${argument}${quote}`;
};

const survives = (argument: string, quote: string): boolean => {
  if (argument === '' || argument.endsWith('\\') || argument.includes('\r\n')) return false;
  for (let at = argument.indexOf(quote); at !== -1; at = argument.indexOf(quote, at + 1)) {
    if (argument[at - 1] !== '\\') return false;
  }
  return true;
};
