import type { Shape } from '../../database/migrate.ts';

/** What stands here never changes; a new shape is a new step. */
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

/** The shape of the coordinator's database. */
export const coordinatorShape: Shape = { steps, loss: 'the reports in it are then not shown.' };
