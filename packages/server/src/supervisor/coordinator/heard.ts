import { type Condition, coordinatorCodes, keyOf, type Word } from '../../events/condition.ts';

/** How many conditions the coordinator may have open for each source, and for the server. */
const mostForEach = 10;

const own: ReadonlySet<string> = new Set(coordinatorCodes);

/**
 * Those of the coordinator's words that the server believes: about conditions of its own, about sources in force, and no
 * more than a sane coordinator says: `open` are the conditions that are open, or will be. It reads what sources report, so one
 * of them may have taken it over.
 */
export const believed = (
  words: readonly Word[],
  names: ReadonlySet<string>,
  open: readonly Pick<Condition, 'key' | 'code'>[],
): readonly Word[] => {
  const known = new Set(open.filter(({ code }) => own.has(code)).map(({ key }) => key));
  const most = (names.size + 1) * mostForEach;
  return words.filter((word) => {
    if ('resolve' in word) return own.has(word.resolve.split(':', 1)[0] ?? '');
    const { code, source } = word.raise;
    if (!own.has(code) || (source !== null && !names.has(source))) return false;
    known.add(keyOf(word.raise));
    return known.size <= most;
  });
};
