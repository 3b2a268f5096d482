import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { homeIn } from '../accounts/directories.ts';
import { type JobRecords, reviewIn } from '../jobs/jobs-file.ts';
import type { Source } from '../sources/source.ts';
import { asUser } from './as-user.ts';

/** When the folder of a source was made; null while it is not there, or not reachable. */
export const madeAt = (dataDir: string, source: Source): number | null => {
  try {
    return lstatSync(homeIn(dataDir, source), { throwIfNoEntry: false })?.birthtimeMs ?? null;
  } catch (error) {
    if (isErrno(error, 'EACCES', 'ENOTDIR', 'EIO')) return null;
    throw error;
  }
};

/**
 * What the last review found, unless the journal was written since. The server writes there as well (a purge, a scrub),
 * but after a purge comes a review.
 */
export const lastActivity = (dataDir: string, source: Source, jobs: JobRecords): string | null => {
  const written = lastWritten(dataDir, source);
  const review = reviewIn(jobs, source.name);
  return written === null || review === null || written > review.at ? written : review.lastChangeAt;
};

/** The newest journal's modification time: of what the source wrote, only the kernel's own record of when. */
const lastWritten = (dataDir: string, source: Source): string | null => {
  const journal = join(homeIn(dataDir, source), 'journal');
  try {
    return newestIn(journal);
  } catch (error) {
    if (!isErrno(error, 'EACCES')) throw error;
  }
  // A root that may not look into what belongs to others, as the container's: docs/container.md.
  try {
    return asUser(source.uid, () => newestIn(journal));
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM')) return null;
    throw error;
  }
};

/** Null where there is none. Throws `EACCES` where this user may not look. */
const newestIn = (journal: string): string | null => {
  const times = namesIn(journal)
    .filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name))
    .map((name) => lstatSync(join(journal, name), { throwIfNoEntry: false })?.mtime.toISOString() ?? '');
  return times.sort().at(-1) || null;
};

const namesIn = (folder: string): readonly string[] => {
  try {
    // A journal that was replaced by a link is not followed.
    return lstatSync(folder).isDirectory() ? readdirSync(folder) : [];
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};
