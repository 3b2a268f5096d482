import { printable } from '@berth/common/parsed.ts';
import type { SyncthingState } from '../facts.ts';

/** Why Syncthing could not be asked, or that it does not know the folder: a state of its own. */
export type Trouble = Exclude<SyncthingState, { readonly kind: 'up' }>;

/** As facts.ts has it. */
const longestDetail = 500;

/** Thrown by whoever asks Syncthing; `trouble` is what there is to say of it. */
export class SyncthingProblem extends Error {
  override readonly name = 'SyncthingProblem';
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super('detail' in trouble ? trouble.detail : trouble.kind);
    // Longer than that, the server would take none of it.
    this.trouble = 'detail' in trouble ? { ...trouble, detail: trouble.detail.slice(0, longestDetail) } : trouble;
  }
}

/** Words of somebody else, short, on one line, without a full stop. */
export const foreign = (words: string, longest = 200): string => {
  const line = words.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  // An escaped character is longer than it was.
  return printable(line, longest).slice(0, longestDetail);
};
