import { type BigIntStats, copyFileSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { sqliteCode } from './failure.ts';

/** A database that is only read. */
export interface ReadOnly extends Disposable {
  readonly db: DatabaseSync;
  /**
   * False when what `db` shows is how the file was when it was opened: whoever keeps it opens it again when `stampOf` says something
   * else. Where it is true it must be opened again only when `identityOf` does.
   */
  readonly isLive: boolean;
}

/**
 * Opens the database at `path`, which another process may have open, without leaving anything beside it, and where the kernel lets
 * this process write nothing there (https://sqlite.org/wal.html, "Read-Only Databases"):
 * - While its log is there, so is somebody who writes, or one was killed: it is read as any other, with the index of the log that
 *   the writer made, or without one where that is an old one.
 * - Without a log nobody has it open, and nothing may make one: it is opened as a file that does not change.
 * - With a log and no index, which SQLite would have to make: a copy in `copies` is read; it goes when this is disposed of.
 * Throws SQLite's and the disk's errors.
 */
export const openReadOnly = (path: string, copies: string | null): ReadOnly => {
  if (lstatSync(`${path}-wal`, { throwIfNoEntry: false }) === undefined) return openStill(path);
  const db = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
  try {
    db.prepare('PRAGMA schema_version').get();
    return { db, isLive: true, [Symbol.dispose]: () => db.close() };
  } catch (error) {
    db.close();
    if (copies === null || sqliteCode(error) !== cannotOpen) throw error;
    return openCopy(path, copies);
  }
};

/** How long somebody who writes is waited for; a log is never locked for longer. */
const busyMs = 2000;
/** https://sqlite.org/rescode.html#cantopen */
const cannotOpen = 14;
/** Only a coordinator that was killed, and whose index is lost, leaves something to copy. */
const mostCopiedBytes = 1024 ** 3;

/** https://sqlite.org/uri.html#uriimmutable */
const openStill = (path: string): ReadOnly => {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  const db = new DatabaseSync(url, { readOnly: true });
  return { db, isLive: false, [Symbol.dispose]: () => db.close() };
};

/** Nobody has it open here: closing a copied file would let go of SQLite's own locks (https://sqlite.org/howtocorrupt.html, 2.2). */
const openCopy = (path: string, folder: string): ReadOnly => {
  const copy = join(folder, `copy-of-${basename(path)}`);
  const remove = (): void => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true });
  };
  const bytes = sizeOf(path) + sizeOf(`${path}-wal`);
  if (bytes > mostCopiedBytes) throw new Error(`its log has no index, and its ${bytes} bytes are too many to copy`);
  remove();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const before = stampOf(path);
    for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
    if (stampOf(path) !== before) throw new Error('it changed while it was copied');
    const db = new DatabaseSync(copy, { readOnly: true });
    const close = (): void => {
      db.close();
      remove();
    };
    return { db, isLive: false, [Symbol.dispose]: close };
  } catch (error) {
    remove();
    throw error;
  }
};

/** Which file it is, and which log goes with it; null where there is none. A file that was removed may leave its number to the next. */
export const identityOf = (path: string): string | null => {
  const [file, log] = [statOf(path), statOf(`${path}-wal`)];
  return file === undefined ? null : `${identityWords(file)} ${log === undefined ? '' : identityWords(log)}`;
};

/** How a database and its log are by their sizes and times; null where there is none. */
export const stampOf = (path: string): string | null => {
  const [file, log] = [statOf(path), statOf(`${path}-wal`)];
  return file === undefined ? null : `${stampWords(file)} ${log === undefined ? '' : stampWords(log)}`;
};

const statOf = (path: string): BigIntStats | undefined => lstatSync(path, { bigint: true, throwIfNoEntry: false });
const sizeOf = (path: string): number => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
const identityWords = ({ dev, ino, birthtimeNs }: BigIntStats): string => `${dev}:${ino}:${birthtimeNs}`;
const stampWords = ({ dev, ino, size, mtimeNs }: BigIntStats): string => `${dev}:${ino}:${size}:${mtimeNs}`;
