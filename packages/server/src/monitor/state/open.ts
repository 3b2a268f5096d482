import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { refuseNewer, versionOf } from '../../database/migrate.ts';
import { openOrSetAside } from '../../database/open.ts';
import { openReadOnly } from '../../database/read-only.ts';
import type { MonitorState } from '../state.ts';
import { KeptState, type Store } from './kept.ts';
import { monitorShape } from './shape.ts';
import { forgetGone, sizeTable, sizeWriter } from './size-table.ts';
import { readTold, type Told, toldWriter } from './tables.ts';

/** An opened state, and where a broken one was set aside before; null when there was none. */
export interface OpenedMonitorState {
  readonly state: MonitorState;
  readonly aside: string | null;
  /** What could not be understood and is passed over, in words. */
  readonly skipped: readonly string[];
}

/** What opening takes; only tests bound the pages. */
export interface MonitorStateOptions {
  readonly now: () => Date;
  /**
   * Is told when the disk does not take something or gives something back wrongly, and with null when all is written again. What was
   * not taken is kept in memory and tried again with the next change, and every half minute.
   */
  readonly onTrouble: (error: unknown) => void;
  /** SQLite says that the disk is full after so many. */
  readonly mostPages?: number;
}

/**
 * The state in one SQLite file, made when missing, its folder too (0700). A file that is broken is set aside (`….broken-<time>`),
 * never removed, and a new one begins. Throws `state-newer`, and the disk's errors: the monitor then goes on with `memoryState()`.
 */
export const openMonitorState = (
  path: string,
  { now, onTrouble, mostPages }: MonitorStateOptions,
): OpenedMonitorState => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const { made, aside } = openOrSetAside(path, { shape: monitorShape, make: load, now });
  const { db, told, skipped } = made;
  if (mostPages !== undefined) db.exec(`PRAGMA max_page_count = ${mostPages}`);
  return { state: new KeptState(told, storeOn(db), onTrouble), aside, skipped };
};

/**
 * What is kept in the file at `path`, for whoever only looks, also while the monitor has it open: what is saved here stays in memory
 * and is gone at the end. Knows nothing where there is no such file, or it can not be read. Never throws.
 */
export const previewMonitorState = (path: string): MonitorState => {
  try {
    const opened = openReadOnly(path, null);
    try {
      const version = versionOf(opened.db);
      refuseNewer(version, path, monitorShape);
      if (version < monitorShape.steps.length) throw new Error('it has not its shape yet');
      const store = { sizes: sizeTable(opened.db), write: null, close: () => opened[Symbol.dispose]() };
      return new KeptState(readTold(opened.db, ignored), store, ignored);
    } catch {
      opened[Symbol.dispose]();
    }
  } catch {
    // Whoever only looks is shown what there is; the monitor itself says what is wrong.
  }
  return memoryState();
};

/** One that knows nothing and forgets everything. */
export const memoryState = (): MonitorState =>
  new KeptState({ alerts: [], deliveries: [], marks: new Map() }, null, ignored);

const ignored = (): void => undefined;

const load = (
  db: DatabaseSync,
): { readonly db: DatabaseSync; readonly told: Told; readonly skipped: readonly string[] } => {
  const skipped: string[] = [];
  forgetGone(db);
  return { db, told: readTold(db, (what) => skipped.push(what)), skipped };
};

const storeOn = (db: DatabaseSync): Store => {
  const told = toldWriter(db);
  const size = sizeWriter(db);
  let newestDay = '';
  return {
    sizes: sizeTable(db),
    write: {
      told: (changes) => {
        if (changes.alerts === null && changes.deliveries.size + changes.marks.size === 0) return;
        transaction(db, () => told(changes));
      },
      sizes: (sizes) => {
        if (sizes.length === 0) return;
        const day = sizes.find(({ source }) => source === null)?.day ?? newestDay;
        transaction(db, () => {
          for (const one of sizes) size(one);
          if (day !== newestDay) forgetGone(db);
        });
        newestDay = day;
      },
    },
    close: () => db.close(),
  };
};

const transaction = (db: DatabaseSync, work: () => void): void => {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
};
