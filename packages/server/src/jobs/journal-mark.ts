import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';

/** What a journal looks like from outside. */
export interface JournalMark {
  /** Another text when anything was written; null where nothing ever was. */
  readonly mark: string | null;
  /** True where this user may not look inside, and sees a change only once the session has ended. */
  readonly blind: boolean;
}

/**
 * Looks at the names, sizes and times of a source's journal, and opens nothing. A root that may not look into what
 * belongs to others, as the container's (docs/container.md), sees the folder alone: a session that ends leaves its count
 * in it.
 */
export const journalMark = (home: string): JournalMark => {
  const folder = join(home, 'journal');
  try {
    const own = lstatSync(folder);
    // A folder that was replaced by a link is not followed.
    if (!own.isDirectory()) return { mark: null, blind: false };
    const time = `${own.mtimeMs}`;
    try {
      const months = readdirSync(folder).filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name));
      return { mark: months.length === 0 ? null : months.sort().map(stampIn(folder)).join(' '), blind: false };
    } catch (error) {
      if (isErrno(error, 'EACCES')) return { mark: time, blind: true };
      throw error;
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { mark: null, blind: false };
    throw error;
  }
};

const stampIn =
  (folder: string) =>
  (name: string): string => {
    const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return `${name}:${found?.size}:${found?.mtimeMs}`;
  };
