import { type BoundRestic, invoke } from './invoke.ts';

/** How long taking one snapshot back may take. */
const deadlineMs = 120_000;

/**
 * Takes back a snapshot that was made although it is not whole; the words say how that went. Called after the command that made it, so that a
 * cancelled one is taken back too.
 */
export const discard = async (restic: BoundRestic, snapshot: string): Promise<string> => {
  const ended = await invoke(restic, { args: ['forget', '--', snapshot], call: { deadlineMs } });
  const isGone = ended.kind === 'ended' && ended.exitCode === 0;
  return isGone
    ? `snapshot ${snapshot} was not whole and was taken back`
    : `snapshot ${snapshot} is not whole, and could not be taken back: remove it (restic forget ${snapshot})`;
};
