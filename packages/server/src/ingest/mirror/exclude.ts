import { fromText, type Raw, rawOf } from './raw.ts';

/** Whether a path below the phone's folder is left out by itself; what is below a folder that is left out is not asked for. */
export type IsExcluded = (path: Raw) => boolean;

/**
 * Patterns as restic knows them (https://restic.readthedocs.io/en/stable/040_backup.html#excluding-files): `*` and `?` within a name,
 * `**` for any folders, `[a-z]`, `\` before a character that stands for itself. One without a slash is about names anywhere; one that
 * begins with a slash begins at the top of the phone's folder (backup/config.ts), and so does here any other with a slash. Where restic
 * would find that further down too, this does not: what is copied too much is not lost.
 * What is no pattern leaves nothing out.
 *
 * Not `path.matchesGlob`: it takes text, and names are bytes; and its `*` passes over names that begin with a dot.
 */
export const excludedBy = (patterns: readonly string[]): IsExcluded => {
  const tests = patterns.map((pattern) => {
    const text = pattern.replace(/^\.?\/+|\/+$/g, '');
    const anywhere = !text.includes('/') && !pattern.startsWith('/');
    const expression = expressionOf(fromText(text));
    return { anywhere, expression };
  });
  const names = tests.flatMap(({ anywhere, expression }) => (anywhere && expression !== null ? [expression] : []));
  const paths = tests.flatMap(({ anywhere, expression }) => (!anywhere && expression !== null ? [expression] : []));
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return names.some((test) => test.test(name)) || paths.some((test) => test.test(path));
  };
};

/** One character of UTF-8, or one byte of what is none; never a slash. */
const character = '(?:[\\xc2-\\xf4][\\x80-\\xbf]{1,3}|[^/])';

const expressionOf = (pattern: Raw): RegExp | null => {
  if (pattern === '') return null;
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  const source = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    if (part === '**') return isLast ? '.+' : '(?:[^/]+/)*';
    return `${partSource(rawOf(part))}${isLast ? '' : '/'}`;
  });
  try {
    return new RegExp(`^${source.join('')}$`, 's');
  } catch {
    return null;
  }
};

const partSource = (part: Raw): string =>
  part.replace(/\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|\*+|\?|[^\\[*?]|[\\[]/gs, (token, escaped, not, set) => {
    if (escaped !== undefined) return literal(escaped);
    if (set !== undefined) return `(?!/)[${not}${set.replace(/[[\]^]/g, '\\$&')}]`;
    if (token.startsWith('*')) return '[^/]*';
    return token === '?' ? character : literal(token);
  });

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
