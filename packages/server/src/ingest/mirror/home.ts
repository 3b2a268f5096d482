import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { readJson } from '../../events/json-file.ts';
import { errorCode } from './trouble.ts';

const homeSchema = z.object({
  /** As sources.yaml named the folder. */
  to: z.string(),
  /** What stands in the folder's `.berth/id`, and in no other's. */
  mark: z.string(),
  /** Files of the phone have come into it: a folder without the mark is another one. */
  isInUse: z.boolean(),
});

/** Which folder a mirror is in. It stands beside the index, so that it is known when that is lost. */
export type Home = z.output<typeof homeSchema>;

/** A folder that is to be the mirror's, as it was found. */
export interface FoundFolder {
  /** As sources.yaml names it now. */
  readonly to: string;
  /** Its mark; null where it has none. */
  readonly mark: string | null;
  /** Whether it has a folder `.berth`: whoever makes one there by hand says that a mirror may begin. */
  readonly hasOwn: boolean;
}

/**
 * What to do with a folder: `go-on` in the one that it was, also where that was moved and brought its mark along; `begin` a new mirror,
 * where sources.yaml names another folder than before, or `.berth` was made by hand; `leave` it alone, because the same name without the mark
 * is what a disk leaves behind that is not mounted. `hasRows`: the index knows files of the phone.
 */
export const decideOn = (home: Home | null, hasRows: boolean, found: FoundFolder): 'go-on' | 'begin' | 'leave' => {
  if (home !== null && found.mark === home.mark) return 'go-on';
  const isInUse = hasRows || home?.isInUse === true;
  const isNamedAnew = home !== null && found.to !== home.to;
  const isByHand = found.mark === null && found.hasOwn;
  // Whose index has lost its home can only take a folder that was one.
  const isTakenUp = home === null && found.mark !== null;
  return !isInUse || isNamedAnew || isByHand || isTakenUp ? 'begin' : 'leave';
};

const fileIn = (state: string): string => join(state, 'home.json');

/** Null where there is none yet, and where nobody understands it. Throws the disk's errors. */
export const readHome = (state: string): Home | null => {
  const read = readJson(fileIn(state), homeSchema);
  return read.kind === 'ok' ? read.value : null;
};

/** Durable when it resolves. Throws `state-unwritable`. */
export const writeHome = async (state: string, home: Home): Promise<void> => {
  const temporary = `${fileIn(state)}.new`;
  try {
    {
      await using file = await open(temporary, 'w', 0o600);
      await file.writeFile(`${JSON.stringify(home)}\n`);
      await file.sync();
    }
    await rename(temporary, fileIn(state));
  } catch (error) {
    if (!(error instanceof Error) || errorCode(error) === null) throw error;
    throw new Problem(
      'state-unwritable',
      `${state} can't be written: ${error.message}`,
      `Look whether the disk is full: df ${state}`,
      { cause: error },
    );
  }
};
