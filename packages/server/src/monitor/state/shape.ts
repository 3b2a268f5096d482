import type { Shape } from '../../database/migrate.ts';

/** What stands here never changes; a new shape is a new step. In `sized` and `sizes`, 0 is the disk. */
export const monitorShape: Shape = {
  loss: 'how large everything was is then not shown, and what people were told is told again.',
  steps: [
    `
    CREATE TABLE alerts (key TEXT PRIMARY KEY, alert TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE deliveries (id TEXT PRIMARY KEY, delivery TEXT NOT NULL) STRICT;
    CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE sized (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE sizes (
      sized INTEGER NOT NULL,
      day INTEGER NOT NULL,
      live INTEGER NOT NULL,
      trash INTEGER NOT NULL,
      objects INTEGER NOT NULL,
      snapshots INTEGER NOT NULL,
      success INTEGER,
      PRIMARY KEY (sized, day)
    ) STRICT, WITHOUT ROWID;
    `,
  ],
};
