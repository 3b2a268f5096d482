import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '@berth/common/parse-json.ts';
import type { z } from 'zod';
import { type Alert, alertSchema } from '../../alerts/alert.ts';
import type { Delivery } from '../state.ts';
import { deliverySchema } from './delivery.ts';

/** What is kept by name: a moment, and a place. */
export type Mark = 'digested' | 'pinged';

/** Everything that is kept but the sizes: little enough to lie in memory. */
export interface Told {
  readonly alerts: readonly Alert[];
  readonly deliveries: readonly Delivery[];
  readonly marks: ReadonlyMap<Mark, number>;
}

/** Reads it; `onSkipped` is told, in words, of rows that can not be understood and are passed over. */
export const readTold = (db: DatabaseSync, onSkipped: (what: string) => void): Told => {
  const rows = <Schema extends z.ZodType>(sql: string, schema: Schema): z.output<Schema>[] =>
    db
      .prepare(sql)
      .all()
      .flatMap(({ id, json }) => {
        const read = schema.safeParse(parseJson(String(json)));
        if (!read.success) onSkipped(`what was kept as ${String(id)}`);
        return read.success ? [read.data] : [];
      });
  const marks = new Map<Mark, number>();
  for (const { name, value } of db.prepare('SELECT name, value FROM marks').all()) {
    if ((name === 'digested' || name === 'pinged') && typeof value === 'number') marks.set(name, value);
  }
  return {
    alerts: rows('SELECT key AS id, alert AS json FROM alerts ORDER BY key', alertSchema),
    deliveries: rows('SELECT id, delivery AS json FROM deliveries ORDER BY rowid', deliverySchema),
    marks,
  };
};

/** What has changed since it was last written; null for what is gone, and for alerts that are as they were. */
export interface ToldChanges {
  readonly alerts: readonly Alert[] | null;
  readonly deliveries: ReadonlyMap<string, Delivery | null>;
  readonly marks: ReadonlyMap<Mark, number>;
}

/** Writes that, within a transaction of the caller's. */
export const toldWriter = (db: DatabaseSync): ((changes: ToldChanges) => void) => {
  const clear = db.prepare('DELETE FROM alerts');
  const alert = db.prepare('INSERT OR REPLACE INTO alerts (key, alert) VALUES (?, ?)');
  const keep = db.prepare(`INSERT INTO deliveries (id, delivery) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET delivery = excluded.delivery`);
  const remove = db.prepare('DELETE FROM deliveries WHERE id = ?');
  const mark = db.prepare('INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)');
  return ({ alerts, deliveries, marks }) => {
    if (alerts !== null) {
      clear.run();
      for (const one of alerts) alert.run(one.key, JSON.stringify(one));
    }
    for (const [id, delivery] of deliveries) {
      if (delivery === null) remove.run(id);
      else keep.run(id, JSON.stringify(delivery));
    }
    for (const [name, value] of marks) mark.run(name, value);
  };
};
