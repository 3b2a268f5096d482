import type { Row } from './ledger.ts';

/**
 * What a pass does about a file of the phone:
 * - `unchanged`: nothing. `back`: the phone has it again, as it was; only the index says so.
 * - `unsettled`: it may still be on its way here; the next pass looks again.
 * - `new`: nobody has seen it. `missing`: somebody took it out of the mirror, and the phone still has it.
 * - `changed`: other bytes, or the same ones touched; its bytes say which.
 */
export type Step = 'unchanged' | 'back' | 'unsettled' | 'new' | 'missing' | 'changed';

/** Decides by the index and two looks; `ageMs` is how long ago the file changed, by a clock that may have been set. */
export const stepFor = (
  row: Row | undefined,
  file: { readonly stamp: string; readonly ageMs: number; readonly isInMirror: () => boolean },
  settleMs: number,
): Step => {
  const isInMirror = row !== undefined && file.isInMirror();
  if (row !== undefined && row.stamp === file.stamp && isInMirror) return row.goneAt === null ? 'unchanged' : 'back';
  // What claims to be of a day to come would wait until then; the copy itself sees whether it is being written.
  if (Math.abs(file.ageMs) < settleMs) return 'unsettled';
  if (row === undefined) return 'new';
  return isInMirror ? 'changed' : 'missing';
};
