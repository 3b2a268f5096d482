import type { Uncovered } from '../uncovered/uncovered.ts';
import type { Finding } from './finding.ts';

const mostShown = 12;

/** What runs here and is in no backup, each with a line to add: a proposal and no fault, since nobody knows what of it matters but a person. */
export const proposals = (uncovered: readonly Uncovered[]): readonly Finding[] => {
  const shown = uncovered.slice(0, mostShown).map(({ engine, where, isGuess, proposal }): Finding => {
    return {
      check: 'not covered',
      state: 'ok',
      message: `${engine}${isGuess ? ', perhaps' : ''}: ${where}`,
      remedy: `If it matters, add to agent.yaml under "databases:"  ${proposal}`,
    };
  });
  const more = uncovered.length - shown.length;
  if (more <= 0) return shown;
  return [...shown, { check: 'not covered', state: 'ok', message: `and ${more} more`, remedy: 'See: berth databases' }];
};
