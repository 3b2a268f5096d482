import type { WhyDown } from './child.ts';

/** What is wrong with a child, in a sentence. */
export const statement = (who: string, { how, words }: WhyDown): string => {
  const last = words || 'it says nothing';
  return how === 'down'
    ? `${who} does not run: ${last}.`
    : `${who} dies again and again, and is started anew each time. The last time: ${last}.`;
};
