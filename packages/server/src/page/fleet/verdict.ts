import { type SourceState, sourceStates } from '@berth/common/control/usage.ts';
import type { Overview } from '../../monitor/overview.ts';
import type { Icon, Tone } from '../parts/tone.ts';
import { stateLook } from '../parts/tone.ts';
import { count } from '../parts/words.ts';
import type { Todo } from './todo.ts';

/** Whether all is well, in one line. */
export interface Verdict {
  readonly tone: Tone;
  readonly icon: Icon;
  readonly words: string;
  /** How many sources are in each state that any is in, the worst first. */
  readonly counts: readonly { readonly state: SourceState; readonly count: number }[];
}

/** The verdict: as bad as the worst that needs doing. */
export const verdictOf = ({ sources }: Pick<Overview, 'sources'>, todos: readonly Todo[]): Verdict => {
  const counts = sourceStates
    .map((state) => ({ state, count: sources.filter((source) => source.state === state).length }))
    .filter((one) => one.count > 0);
  const urgent = todos.filter(({ severity }) => severity === 'critical').length;
  const pressing = todos.filter(({ severity }) => severity === 'warning').length;
  if (urgent + pressing > 0) {
    const number = urgent + pressing;
    const words = `${count(number, 'thing')} ${number === 1 ? 'needs' : 'need'} doing`;
    return urgent > 0
      ? { tone: 'bad', icon: 'failing', words, counts }
      : { tone: 'warn', icon: 'warned', words, counts };
  }
  if (sources.length === 0) return { tone: 'idle', icon: 'never', words: 'No sources yet', counts };
  const unclear = counts.filter(({ state }) => state !== 'fine');
  if (unclear.length === 0) return { tone: 'ok', icon: 'fine', words: 'All is well', counts };
  const but = unclear.map((one) => `${one.count} ${stateLook[one.state].word}`).join(', ');
  return { tone: 'ok', icon: 'fine', words: `Nothing needs doing: ${but}`, counts };
};
