import { type Condition, keyOf, monitorCodes, type Word } from '../../events/condition.ts';

/** More than a sane monitor ever has open: one for each channel and ping. */
const mostOpen = 1000;

const own: ReadonlySet<string> = new Set(monitorCodes);

/**
 * Those of the monitor's words that the server believes: about conditions of its own, about the server, and no more than a
 * sane one says: `open` are the conditions that are open, or will be. It speaks with services on the network and shows what sources report, so one of those may have taken it over.
 */
export const believedOfMonitor = (
  words: readonly Word[],
  open: readonly Pick<Condition, 'key' | 'code'>[],
): readonly Word[] => {
  const known = new Set(open.filter(({ code }) => own.has(code)).map(({ key }) => key));
  return words.filter((word) => {
    if ('resolve' in word) return own.has(word.resolve.split(':', 1)[0] ?? '');
    const { code, source } = word.raise;
    if (!own.has(code) || source !== null) return false;
    known.add(keyOf(word.raise));
    return known.size <= mostOpen;
  });
};
