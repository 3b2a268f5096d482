import { Problem } from '@berth/common/problem.ts';
import type { Failed } from '@berth/common/restic/result.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import type { AsOf } from './as-of.ts';
import { remarksOf } from './remarks.ts';

/** The `Problem` of a failed look at the past, or null for what has nothing to do with the past. */
export const explainPast = (result: Failed, asOf: AsOf, destination: Destination): Problem | null => {
  const server = formatDestination(destination);
  const remarks = remarksOf(result);
  const cause = result.words.join('\n');
  // What a server says to any command it does not know; one from before --as-of knows only `receive` and `control`.
  if (remarks.some((line) => line.includes('can back up and restore here and nothing else'))) {
    const happened = `${server} does not know --as-of: its berth is older than this one.`;
    return new Problem(
      'server-too-old',
      happened,
      'Ask its admin to update it. Nothing of the past is lost meanwhile.',
      {
        cause,
      },
    );
  }
  const said = remarks.length === 0 ? '' : ` (${remarks.join('; ')})`;
  if (result.kind === 'no-repository') {
    const happened = `${server} had no repository of this source as of ${asOf.words}${said}.`;
    return new Problem('no-repository', happened, 'Name a later moment, or none for how it is now.', { cause });
  }
  if (result.kind === 'damaged') {
    const happened = `Not all of what this source was as of ${asOf.words} is whole${said}: ${result.words.at(-1) ?? ''}.`;
    return new Problem('damaged', happened, 'Try another moment; "berth check --as-of" proves one.', { cause });
  }
  return null;
};
