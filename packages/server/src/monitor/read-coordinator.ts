import type { DatabaseSync } from 'node:sqlite';
import { printable } from '@berth/common/parsed.ts';
import type { Report } from '@berth/common/report.ts';
import { databaseFile } from '../coordinator/paths.ts';
import { localTime } from '../coordinator/plan/local-time.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import { isReadable } from '../coordinator/state/readable.ts';
import { type NumberedRun, readNumbered, readOutlines, readReportOf } from '../coordinator/state/rows.ts';
import { identityOf, openReadOnly, type ReadOnly, stampOf } from '../database/read-only.ts';
import { FleetCache, newestSeq } from './fleet-cache.ts';
import { type Known, nothingKnown } from './known.ts';

interface Opened extends ReadOnly {
  readonly identity: string | null;
  readonly stamp: string | null;
  readonly cache: FleetCache;
  /** SQLite's own count of what others have changed, when it was read last. */
  version: number;
  /** False while the coordinator has not made its tables. */
  isReadable: boolean;
}

/**
 * The coordinator's database, read while the coordinator works: one connection that is kept, and opened again when the file is another
 * one. What was read stays until something else can be read; why it can not be is `known().trouble`. Nothing here throws, writes to that
 * folder, or keeps the coordinator waiting.
 */
export class CoordinatorReader {
  readonly #path: string;
  readonly #copies: string | null;
  #timeZone: string;
  #opened: Opened | null = null;
  #known: Known = nothingKnown(null);

  /** `folder` is the coordinator's; `copies` one of our own, for a database that can not be read where it is, or null. */
  constructor({ folder, copies, timeZone }: { folder: string; copies: string | null; timeZone: string }) {
    this.#path = databaseFile(folder);
    this.#copies = copies;
    this.#timeZone = timeZone;
  }

  /** As of the last look. */
  known(): Known {
    return this.#known;
  }

  /** By whose wall clock runs are summed up from now on: an IANA name. */
  useTimeZone(timeZone: string): void {
    if (timeZone === this.#timeZone) return;
    this.#timeZone = timeZone;
    this.#drop();
  }

  /** Looks whether anything has changed, which is cheap, and reads what has. True when `known()` says something else. */
  look(nowMs: number): boolean {
    try {
      return this.#look(nowMs);
    } catch {
      // It may have been replaced, or begun to be written, this very moment: once more from the beginning.
      this.#drop();
    }
    try {
      return this.#look(nowMs);
    } catch (error) {
      this.#drop();
      return this.#stumbled(error);
    }
  }

  /** The runs after `seq`, in the order in which they came, at most `most`; none while it can not be read. */
  runsSince(seq: number, most: number): readonly NumberedRun[] {
    return this.#ask((db) => readNumbered(db, seq, most)) ?? [];
  }

  /** The place of the newest run, 0 before the first; null while it can not be read. One that goes back is of a new database. */
  newestSeq(): number | null {
    return this.#ask(newestSeq);
  }

  /** The last `most` runs of a source, the newest first. */
  runs(source: string, most: number): readonly RunOutline[] {
    return this.#ask((db) => readOutlines(db, source, most)) ?? [];
  }

  /** The whole report of a run; null where it is no longer kept. */
  report(source: string, run: string): Report | null {
    return this.#ask((db) => readReportOf(db, source, run));
  }

  close(): void {
    this.#drop();
  }

  #look(nowMs: number): boolean {
    const opened = this.#current();
    if (opened === null) return this.#say(nothingKnown(null));
    const version = versionOfData(opened.db);
    if (version === opened.version && this.#known.trouble === null) return false;
    opened.isReadable = isReadable(opened.db, this.#path);
    const known = opened.isReadable
      ? { ...within(opened.db, () => opened.cache.read(opened.db, nowMs)), trouble: null }
      : nothingKnown(null);
    opened.version = version;
    return this.#say(known);
  }

  /** The connection, opened where there is none or the file is another; null where there is no file. */
  #current(): Opened | null {
    const identity = identityOf(this.#path);
    const opened = this.#opened;
    if (identity !== null && opened !== null) {
      if (opened.isLive ? opened.identity === identity : opened.stamp === stampOf(this.#path)) return opened;
    }
    this.#drop();
    if (identity === null) return null;
    const stamp = stampOf(this.#path);
    const { db, isLive, [Symbol.dispose]: dispose } = openReadOnly(this.#path, this.#copies);
    this.#opened = {
      ...{ db, isLive, identity, stamp, version: -1, isReadable: false, [Symbol.dispose]: dispose },
      cache: new FleetCache(localTime(this.#timeZone)),
    };
    return this.#opened;
  }

  /** Null while it can not be read. Looks at the file that was looked at last. */
  #ask<Value>(read: (db: DatabaseSync) => Value): Value | null {
    if (this.#opened === null || !this.#opened.isReadable) return null;
    try {
      return read(this.#opened.db);
    } catch {
      // The next look says what is wrong.
      this.#drop();
      return null;
    }
  }

  #say(known: Known): boolean {
    const isSame = this.#opened === null && this.#known.trouble === null && this.#known.sources.size === 0;
    this.#known = known;
    return !isSame;
  }

  #stumbled(error: unknown): boolean {
    const trouble = printable(error instanceof Error ? error.message : String(error), 300);
    if (trouble === this.#known.trouble) return false;
    // Who ran then, and who waited, is not known any more.
    this.#known = { ...this.#known, leases: new Map(), waiting: new Map(), trouble };
    return true;
  }

  #drop(): void {
    const opened = this.#opened;
    this.#opened = null;
    try {
      opened?.[Symbol.dispose]();
    } catch {
      // It is let go of all the same.
    }
  }
}

/** https://sqlite.org/pragma.html#pragma_data_version */
const versionOfData = (db: DatabaseSync): number => Number(db.prepare('PRAGMA data_version').get()?.['data_version']);

/** A reader keeps nobody waiting: it sees what was committed when it began. */
const within = <Value>(db: DatabaseSync, read: () => Value): Value => {
  db.exec('BEGIN');
  try {
    return read();
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
};
