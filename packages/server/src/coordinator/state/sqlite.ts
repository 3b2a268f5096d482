import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isErrno } from '@berth/common/errno.ts';
import { Commits } from './commit.ts';
import { explained, isBroken } from './failure.ts';
import { migrate, refuseNewer, versionOf } from './migrations.ts';
import { type OnSkipped, readLeases, readOutlines, readSettings, readSources, readWaiting } from './rows.ts';
import { type Kept, keptOfSource, type Loaded, type State } from './state.ts';
import { writerOn } from './write.ts';

/** An opened state, and where a broken one was set aside before; null when there was none. */
export interface OpenedState {
  readonly state: State;
  readonly aside: string | null;
  /** The rows that could not be understood, in words: they are passed over, and lie there. */
  readonly skipped: readonly string[];
}

/**
 * The state in one SQLite file, made when missing. A file that is broken is set aside with its log (`….broken-<time>`), never
 * removed, and a new one begins. Throws `state-newer`, and the disk's errors.
 */
export const openState = (path: string, options: StateOptions): OpenedState => {
  if (!isForeign(path)) {
    try {
      return openedIn(open(path), options, null);
    } catch (error) {
      if (!isBroken(error)) throw error;
    }
  }
  const aside = setAside(path, options.now());
  return openedIn(open(path), options, aside);
};

const openedIn = (opened: Opened, options: StateOptions, aside: string | null): OpenedState => ({
  ...{ state: stateIn(opened, options), aside, skipped: opened.skipped },
});

/** What opening takes; only tests say more than the time. */
export interface StateOptions {
  readonly now: () => Date;
  /** SQLite says that the disk is full after so many. */
  readonly mostPages?: number;
  readonly kept?: Kept;
}

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

interface Opened {
  readonly db: DatabaseSync;
  readonly loaded: Loaded;
  readonly skipped: readonly string[];
}

/** Throws SQLite's own error for a file that is broken. */
const open = (path: string): Opened => {
  const before = statSync(path, { throwIfNoEntry: false });
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    refuseNewer(versionOf(db), path);
    // FULL: a commit is on the disk when it returns, also after a power cut. The folder that names the new files is synced with
    // them (os_unix.c: UNIXFILE_DIRSYNC); Node's permission model, which the coordinator runs under, has no fsync to call.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    db.exec(`PRAGMA journal_size_limit = ${64 * 1024 ** 2}; PRAGMA trusted_schema = OFF;`);
    if (before !== undefined && before.size <= longestCheckedBytes) check(db);
    migrate(db, path);
    // What can be opened can still be read wrongly: better to know now.
    const skipped: string[] = [];
    return { db, loaded: read(db, (what) => skipped.push(what)), skipped };
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

const read = (db: DatabaseSync, onSkipped: OnSkipped): Loaded => ({
  sources: readSources(db, 'all', onSkipped),
  leases: readLeases(db, onSkipped),
  waiting: readWaiting(db, onSkipped),
  settings: readSettings(db),
});

const stateIn = ({ db, loaded }: Opened, { mostPages, kept = keptOfSource }: StateOptions): State => {
  if (mostPages !== undefined) db.exec(`PRAGMA max_page_count = ${mostPages}`);
  const commits = new Commits(db);
  const writer = writerOn(db, kept);
  const committed = <Result>(work: () => Result): Promise<Result> =>
    commits.run(work).catch((error: unknown) => {
      throw explained(error);
    });
  return {
    load: async () => loaded,
    save: (changes) => committed(() => writer.save(changes)),
    addReport: (report) => committed(() => writer.addReport(report)),
    runs: async (source, most) => readOutlines(db, source, most),
    close: async () => {
      commits.flush();
      db.close();
    },
  };
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
