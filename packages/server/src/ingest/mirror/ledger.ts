import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { explained } from '../../database/failure.ts';
import { openOrSetAside } from '../../database/open.ts';
import { openReadOnly } from '../../database/read-only.ts';
import { fromBytes, type Raw, toBytes } from './raw.ts';
import { dayMs } from './storm.ts';

/** What the mirror knows of a file of the phone. */
export interface Row {
  /** From the phone's folder on. */
  readonly path: Raw;
  /** How the phone's file was when its bytes were taken: stampOf (source.ts). */
  readonly stamp: string;
  /** Bytes. */
  readonly size: number;
  /** Of the bytes, in hex. */
  readonly sha256: string;
  /** Where they are, from the mirror's folder on. */
  readonly place: Raw;
  /** How the mirror's file was left: its time of change in nanoseconds. */
  readonly placeTime: string;
  /** When the phone's file was first missed, in milliseconds; null while the phone has it. */
  readonly goneAt: number | null;
}

/** What was done, as a day's counts add it up. */
export interface Tally {
  readonly copied: number;
  readonly copiedBytes: number;
  readonly versions: number;
}

/** What is written down at once: all of it or nothing. */
export interface Change {
  readonly rows: readonly Row[];
  /** Paths that are forgotten: another row has their place now. */
  readonly forgotten: readonly Raw[];
  readonly tally: Tally & { readonly atMs: number };
}

/** The mirror's index, in one file that nobody else writes. */
export interface Ledger extends Disposable {
  /** All rows, by path; `save` keeps it as the file is. */
  readonly rows: ReadonlyMap<Raw, Row>;
  /** Durable when it returns. Throws a Problem where the disk is full or fails. */
  readonly save: (change: Change) => void;
  /** What was done within a day of then, also when the clock was set since. */
  readonly withinDay: (nowMs: number) => Tally;
}

const shape = {
  steps: [
    `CREATE TABLE files (path BLOB NOT NULL PRIMARY KEY, stamp TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
       place BLOB NOT NULL, place_time TEXT NOT NULL, gone_at INTEGER) STRICT;
     CREATE TABLE done (at INTEGER NOT NULL, copied INTEGER NOT NULL, copied_bytes INTEGER NOT NULL, versions INTEGER NOT NULL) STRICT;
     CREATE INDEX done_at ON done (at);`,
  ],
  loss: 'no file of the mirror is lost by that; the next pass compares every file of the phone with the mirror, byte for byte.',
};

/** Nobody asks for more than a day. */
const keptMs = 2 * dayMs;

/** Where the index is, in the mirror's own folder. */
export const ledgerFile = 'index.db';

/**
 * Opens the index, making it when it is missing. A broken one is set aside (database/open.ts) and a new one begins: then the files are
 * compared byte for byte. Throws `state-newer`, and a Problem where the disk is full or fails.
 */
export const openLedger = (path: string, now: () => Date): Ledger => {
  try {
    return openOrSetAside(path, { shape, make: ledgerOf, now }).made;
  } catch (error) {
    throw explained(error);
  }
};

/**
 * What is in the index of a mirror that may be at work right now. `copies` is a folder for a copy, where only that can be read
 * (database/read-only.ts). Throws the disk's and SQLite's errors; leaves nothing behind.
 */
export const readLedger = (path: string, copies: string | null): readonly Row[] => {
  using file = openReadOnly(path, copies);
  return rowsOf(file.db);
};

const ledgerOf = (db: DatabaseSync): Ledger => {
  const rows = new Map(rowsOf(db).map((row) => [row.path, row]));
  const put = db.prepare(
    `INSERT OR REPLACE INTO files (path, stamp, size, sha256, place, place_time, gone_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const forget = db.prepare('DELETE FROM files WHERE path = ?');
  const note = db.prepare('INSERT INTO done (at, copied, copied_bytes, versions) VALUES (?, ?, ?, ?)');
  const prune = db.prepare('DELETE FROM done WHERE at < ? OR at > ?');
  const sum = db.prepare(
    'SELECT total(copied) AS copied, total(copied_bytes) AS bytes, total(versions) AS versions FROM done WHERE at > ? AND at < ?',
  );
  return {
    rows,
    save: ({ rows: changed, forgotten, tally }) => {
      within(db, () => {
        for (const path of forgotten) forget.run(toBytes(path));
        for (const { path, stamp, size, sha256, place, placeTime, goneAt } of changed)
          put.run(toBytes(path), stamp, size, sha256, toBytes(place), placeTime, goneAt);
        const { atMs, copied, copiedBytes, versions } = tally;
        if (copied > 0 || versions > 0) note.run(atMs, copied, copiedBytes, versions);
        prune.run(atMs - keptMs, atMs + keptMs);
      });
      for (const path of forgotten) rows.delete(path);
      for (const row of changed) rows.set(row.path, row);
    },
    withinDay: (nowMs) => {
      const found = sum.get(nowMs - dayMs, nowMs + dayMs);
      const count = (value: SQLOutputValue | undefined): number => (typeof value === 'number' ? value : 0);
      return {
        copied: count(found?.['copied']),
        copiedBytes: count(found?.['bytes']),
        versions: count(found?.['versions']),
      };
    },
    [Symbol.dispose]: () => db.close(),
  };
};

const within = (db: DatabaseSync, work: () => void): void => {
  try {
    db.exec('BEGIN IMMEDIATE');
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw explained(error);
  }
};

const rowsOf = (db: DatabaseSync): readonly Row[] => {
  const all = db.prepare('SELECT path, stamp, size, sha256, place, place_time, gone_at FROM files');
  all.setReturnArrays(true);
  const rows: Row[] = [];
  for (const row of all.iterate()) rows.push(rowOf(Object.values(row)));
  return rows;
};

const rowOf = ([path, stamp, size, sha256, place, placeTime, goneAt]: readonly SQLOutputValue[]): Row => {
  const isWhole = path instanceof Uint8Array && place instanceof Uint8Array && typeof size === 'number';
  // STRICT tables hold what they were made for: anything else is a damaged file, and is set aside as one.
  if (!isWhole || typeof stamp !== 'string' || typeof sha256 !== 'string' || typeof placeTime !== 'string')
    throw new BrokenRow('a row of the index is not what was written');
  return {
    path: fromBytes(path),
    stamp,
    size,
    sha256,
    place: fromBytes(place),
    placeTime,
    goneAt: typeof goneAt === 'number' ? goneAt : null,
  };
};

/** As SQLite says it of a file it stumbles over: https://sqlite.org/rescode.html#corrupt */
class BrokenRow extends Error {
  readonly errcode = 11;
}
