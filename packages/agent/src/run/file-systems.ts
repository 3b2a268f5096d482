import type { Taken } from '../filesystems/snapshots.ts';
import type { AttemptArguments, Reach } from './attempt.ts';
import type { Beside } from './beside.ts';
import { okEnd } from './recorder.ts';

/** What to copy with; disposing removes the snapshots of file systems it reads from. */
export interface Kept extends AsyncDisposable {
  /** Asked after what uses the paths was started again: it takes its moment. */
  readonly restic: () => Promise<Reach['restic']>;
  /** All of the paths are read from a snapshot: what uses them may run again. */
  readonly isWhole: boolean;
}

/**
 * Keeps the file systems below `paths` as they are now, where agent.yaml asks for it and they can; a restic that sees them so. What can't be
 * kept is read live, which is a fault only where agent.yaml says `required`. Never rejects for a Problem.
 */
export const keepFileSystems = async (
  { config, recorder, number, dryRun }: AttemptArguments,
  reach: Reach,
  beside: Beside | null,
  about: { readonly subject: string | null; readonly paths: readonly string[]; readonly signal: AbortSignal },
): Promise<Kept> => {
  const { subject, paths, signal } = about;
  const live: Kept = { restic: async () => reach.restic, isWhole: false, [Symbol.asyncDispose]: async () => undefined };
  if (beside === null || config.snapshots === 'never' || dryRun) return live;
  const { takeSnapshots } = beside;
  let taken: Taken | null = null;
  const name = 'snapshot';
  await recorder.step(subject === null ? name : { name, subject }, number, async () => {
    const oneFileSystem = subject === null && config.exclude.one_file_system;
    taken = (await takeSnapshots?.(paths, { oneFileSystem }, signal)) ?? null;
    const seen: Pick<Taken, 'covered' | 'live'> = taken ?? { covered: [], live: [] };
    const numbers = { pathsKept: seen.covered.length, pathsLive: paths.length - seen.covered.length };
    const words = seen.live.map(({ path, why }) => `${path} is read live: ${why}`);
    const isMissing = config.snapshots === 'required' && numbers.pathsLive > 0;
    return isMissing
      ? { ...okEnd, numbers, words, outcome: 'incomplete', reason: 'snapshot-failed' }
      : { ...okEnd, numbers, words };
  });
  const kept = given(taken);
  if (kept === null || kept.prefix.length === 0 || reach.behind === undefined) {
    await kept?.[Symbol.asyncDispose]();
    return live;
  }
  const { behind } = reach;
  return {
    restic: () => behind(kept.prefix),
    isWhole: paths.every((path) => kept.covered.includes(path)),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
};

/** TypeScript does not see that a closure assigned it. */
const given = (taken: Taken | null): Taken | null => taken;
