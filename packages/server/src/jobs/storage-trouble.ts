import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';

/** What a job ends with that its disk, and nothing of its own, stopped. */
const code = 'storage-failed';

/** The system's refusal of a read or a write as a Problem, for whoever waits for the job; null for any other error. */
export const storageProblem = (error: unknown): Problem | null => {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return null;
  return new Problem(
    code,
    `Its storage does not do what it should: ${error.message}.`,
    'Look at the disk (dmesg | tail), whether it is mounted, and whom the folders belong to: berth-server check.',
    { cause: error },
  );
};

/**
 * Why the storage of the source in `home` can not be read, in words; null when it can. `error` is what a job that only
 * reads ended with; null when it came through. Opens nothing.
 */
export const storageTrouble = (home: string, error: unknown): string | null => {
  const missing = missingIn(home);
  if (missing !== null) return missing;
  if (!(error instanceof Problem)) return null;
  // The jail is built before the job begins, and says itself which folder it can not find.
  return error.code === code || /setpriv: .*(?:Permission denied|No such file|Input\/output error)/.test(error.message)
    ? error.message
    : null;
};

/** Without its disk a source's folder is not there, and would look like one that never stored anything. */
const missingIn = (home: string): string | null => {
  const journal = join(home, 'journal');
  try {
    if (lstatSync(journal).isDirectory()) return null;
    return `${journal} is not a folder.`;
  } catch (error) {
    return error instanceof Error ? `Its folder can not be found: ${error.message}.` : null;
  }
};
