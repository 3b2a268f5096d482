import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isErrno } from '@berth/common/errno.ts';
import { isBroken } from './failure.ts';
import { migrate, refuseNewer, type Shape, versionOf } from './migrate.ts';

/** What was made of a database, and where a broken one was set aside before; null when there was none. */
export interface OpenedDatabase<Made> {
  readonly made: Made;
  readonly aside: string | null;
}

/**
 * The database in one file, made when missing and brought to its newest shape. A file that is broken is set aside with its log
 * (`….broken-<time>`), never removed, and a new one begins; so is one that `make` stumbles over, since what can be opened can still
 * be read wrongly. Throws `state-newer`, and the disk's errors.
 */
export const openOrSetAside = <Made>(
  path: string,
  { shape, make, now }: { readonly shape: Shape; readonly make: (db: DatabaseSync) => Made; readonly now: () => Date },
): OpenedDatabase<Made> => {
  if (!isForeign(path)) {
    try {
      return { made: open(path, shape, make), aside: null };
    } catch (error) {
      if (!isBroken(error)) throw error;
    }
  }
  const aside = setAside(path, now());
  return { made: open(path, shape, make), aside };
};

/** True for a file that is no database at all: SQLite would remove its log when it finds out. */
const isForeign = (path: string): boolean => {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return false;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(magic.length);
    readSync(file, head);
    return !head.equals(magic);
  } finally {
    closeSync(file);
  }
};

/** https://sqlite.org/fileformat2.html, 1.3 */
const magic = Buffer.from('SQLite format 3\0');

/** SQLite looks at every page of a file up to this size when it is opened; that takes a second or two. */
const longestCheckedBytes = 256 * 1024 ** 2;

/** Throws SQLite's own error for a file that is broken. */
const open = <Made>(path: string, shape: Shape, make: (db: DatabaseSync) => Made): Made => {
  const before = statSync(path, { throwIfNoEntry: false });
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    refuseNewer(versionOf(db), path, shape);
    // FULL: a commit is on the disk when it returns, also after a power cut. The folder that names the new files is synced with
    // them (os_unix.c: UNIXFILE_DIRSYNC); Node's permission model, which this runs under, has no fsync to call.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    db.exec(`PRAGMA journal_size_limit = ${64 * 1024 ** 2}; PRAGMA trusted_schema = OFF;`);
    if (before !== undefined && before.size <= longestCheckedBytes) check(db);
    migrate(db, path, shape);
    return make(db);
  } catch (error) {
    db.close();
    throw error;
  }
};

/** As SQLite says it of a file it stumbles over. */
class BrokenFile extends Error {
  readonly errcode = 11;
}

const check = (db: DatabaseSync): void => {
  const words = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (words !== 'ok') throw new BrokenFile(String(words));
};

/** A file without its log would not be what it was. */
const setAside = (path: string, now: Date): string => {
  const aside = `${path}.broken-${now.toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['-wal', '-shm', '']) {
    try {
      renameSync(`${path}${suffix}`, `${aside}${suffix}`);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
  return aside;
};
