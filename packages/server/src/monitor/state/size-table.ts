import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { dayOfName, nameOfDay } from '../days.ts';
import type { SizeDay } from '../state.ts';

/** So many days are kept of each source. */
export const keptDays = 400;

/** The sizes as the file has them: a row a day and source, of whole numbers only; with what the tree needs some 45 bytes. */
export interface SizeTable {
  /** The last `days` of one source, or of the disk (null), the oldest first. */
  readonly sizes: (source: string | null, days: number) => readonly SizeDay[];
  /** The sources there are rows of. */
  readonly names: () => readonly string[];
}

const disk = 0;

export const sizeTable = (db: DatabaseSync): SizeTable => {
  const id = idReader(db);
  const last = db.prepare(`SELECT day, live, trash, objects, snapshots, success FROM sizes
    WHERE sized = ? ORDER BY day DESC LIMIT ?`);
  return {
    sizes: (source, days) => {
      const sized = id(source);
      return sized === null
        ? []
        : last
            .all(sized, days)
            .map((row) => sizeDay(source, row))
            .reverse();
    },
    names: () =>
      db
        .prepare(`SELECT name FROM sized WHERE id <> ${disk}`)
        .all()
        .map(({ name }) => String(name)),
  };
};

const idReader = (db: DatabaseSync): ((source: string | null) => number | null) => {
  const read = db.prepare('SELECT id FROM sized WHERE name = ?');
  return (source) => {
    if (source === null) return disk;
    const found = read.get(source)?.['id'];
    return typeof found === 'number' ? found : null;
  };
};

const sizeDay = (source: string | null, row: Record<string, SQLOutputValue>): SizeDay => {
  const number = (column: string): number => Number(row[column]);
  const [liveBytes, trashBytes, objects, snapshots] = [
    number('live'),
    number('trash'),
    number('objects'),
    number('snapshots'),
  ];
  const lastSuccessMs = row['success'] === null ? null : number('success');
  return { source, day: nameOfDay(number('day')), liveBytes, trashBytes, objects, snapshots, lastSuccessMs };
};

/** Writes sizes, within a transaction of the caller's, and lets go of what is older than is kept. */
export const sizeWriter = (db: DatabaseSync): ((size: SizeDay) => void) => {
  const id = idReader(db);
  const name = db.prepare('INSERT INTO sized (name) VALUES (?)');
  const keep = db.prepare(`INSERT OR REPLACE INTO sizes (sized, day, live, trash, objects, snapshots, success)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  // What is dated later than tomorrow was dated by a clock that was ahead. The other way round, days are counted, not measured:
  // a clock that jumps ahead makes nothing old.
  const ahead = db.prepare('DELETE FROM sizes WHERE sized = ? AND day > ? + 1');
  const old = db.prepare(`DELETE FROM sizes WHERE sized = ?1 AND day <=
    (SELECT day FROM sizes WHERE sized = ?1 ORDER BY day DESC LIMIT 1 OFFSET ${keptDays})`);
  return ({ source, day, liveBytes, trashBytes, objects, snapshots, lastSuccessMs }) => {
    const sized = id(source) ?? Number(name.run(source).lastInsertRowid);
    const number = dayOfName(day);
    const counted = [liveBytes, trashBytes, objects, snapshots].map((value) => Math.round(value));
    keep.run(sized, number, ...counted, lastSuccessMs === null ? null : Math.round(lastSuccessMs));
    ahead.run(sized, number);
    old.run(sized);
  };
};

/** Forgets sources of which nothing was heard on any of the days that are kept of the disk, within a transaction of the caller's. */
export const forgetGone = (db: DatabaseSync): void => {
  const first = db
    .prepare(`SELECT day FROM sizes WHERE sized = ${disk} ORDER BY day DESC LIMIT 1 OFFSET ${keptDays - 1}`)
    .get()?.['day'];
  if (typeof first !== 'number') return;
  const gone = `SELECT id FROM sized WHERE id <> ${disk}
    AND coalesce((SELECT max(day) FROM sizes WHERE sized = sized.id), 0) < ${first}`;
  db.exec(`DELETE FROM sizes WHERE sized IN (${gone}); DELETE FROM sized WHERE id IN (${gone});`);
};
