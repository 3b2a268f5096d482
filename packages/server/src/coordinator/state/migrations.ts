import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@berth/common/problem.ts';

/**
 * The shape of the database, a step each; what stands here never changes, a new shape is a new step. `user_version` says how
 * many a file has been through.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    known_since INTEGER NOT NULL,
    present INTEGER NOT NULL,
    has_agent INTEGER NOT NULL,
    every_ms INTEGER NOT NULL,
    overdue_after_ms INTEGER NOT NULL,
    place TEXT,
    slots TEXT NOT NULL,
    stored TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    run TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    counts INTEGER NOT NULL,
    good INTEGER NOT NULL,
    outline TEXT NOT NULL,
    UNIQUE (source, run)
  ) STRICT;
  CREATE INDEX runs_by_source ON runs (source, seq);
  CREATE INDEX runs_that_count ON runs (source, ended_at, seq) WHERE counts = 1;
  CREATE INDEX runs_that_are_good ON runs (source, ended_at, seq) WHERE good = 1;
  CREATE TABLE reports (
    seq INTEGER PRIMARY KEY REFERENCES runs (seq) ON DELETE CASCADE,
    source TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX reports_by_source ON reports (source, seq, bytes);
  CREATE TABLE leases (
    source TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    reason TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    step TEXT,
    bytes_done INTEGER,
    bytes_total INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE waiting (
    source TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

/** The shape this program knows. */
export const newestVersion = steps.length;

/** How many steps a file has been through. */
export const versionOf = (db: DatabaseSync): number => {
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  return typeof version === 'number' ? version : 0;
};

/** Brings a file to the newest shape, each step whole or not at all. Throws `state-newer` and changes nothing where it is newer. */
export const migrate = (db: DatabaseSync, path: string): void => {
  const version = versionOf(db);
  refuseNewer(version, path);
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
};

/** Throws `state-newer`. */
export const refuseNewer = (version: number, path: string): void => {
  if (version <= newestVersion) return;
  throw new Problem(
    'state-newer',
    `${path} was written by a newer berth: it has version ${version}, and this one knows ${newestVersion}.`,
    'Start the newer berth again. To go back all the same, move the file away: the reports in it are then not shown.',
  );
};
