import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { z } from 'zod';
import { storedFactsSchema } from '../link.ts';
import { type RunOutline, runOutlineSchema } from '../reports/outline.ts';
import type { LeaseRow, LoadedSource, Settings, WaiterRow } from './state.ts';

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text) => parseJson(text))
    .pipe(schema);
const flag = z.int().transform((value) => value === 1);
const reason = z.enum(['slot', 'person']);

const sourceRow = z.object({
  name: z.string(),
  known_since: z.int(),
  present: flag,
  has_agent: flag,
  every_ms: z.int(),
  overdue_after_ms: z.int(),
  place: json(z.object({ minute: z.int(), day: z.int() })).nullable(),
  slots: json(z.array(z.object({ startsAtMs: z.int(), endsAtMs: z.int(), closesAtMs: z.int().nullable() }))),
  stored: json(storedFactsSchema).nullable(),
});
const leaseRow = z.object({
  source: z.string(),
  run: z.string(),
  reason,
  granted_at: z.int(),
  step: z.string().nullable(),
  bytes_done: z.int().nullable(),
  bytes_total: z.int().nullable(),
});
const waiterRow = z.object({
  source: z.string(),
  run: z.string(),
  reason,
  asked_at: z.int(),
  position: z.int(),
});
const outlineRow = z.object({ outline: json(runOutlineSchema) });
const tight = z.array(z.object({ text: z.string(), remedy: z.string() }));

/** How many past runs tell how long the next will take. */
const lengths = 8;

/** Every source, with what its reports said. */
export const readSources = (db: DatabaseSync, which: 'all' | 'present'): readonly LoadedSource[] => {
  const where = which === 'present' ? 'WHERE present = 1' : '';
  const lastRun = db.prepare(
    'SELECT outline FROM runs WHERE source = ? AND counts = 1 ORDER BY ended_at DESC, seq DESC LIMIT 1',
  );
  const good = db.prepare(
    `SELECT outline FROM runs WHERE source = ? AND good = 1 ORDER BY ended_at DESC, seq DESC LIMIT ${lengths}`,
  );
  return db
    .prepare(`SELECT * FROM sources ${where} ORDER BY name`)
    .all()
    .map((row) => {
      const read = sourceRow.parse(row);
      const last = lastRun.get(read.name);
      const goods = good.all(read.name).map((one) => outlineRow.parse(one).outline);
      return {
        name: read.name,
        knownSinceMs: read.known_since,
        present: read.present,
        hasAgent: read.has_agent,
        everyMs: read.every_ms,
        overdueAfterMs: read.overdue_after_ms,
        place: read.place,
        slots: read.slots,
        stored: read.stored,
        lastRun: last === undefined ? null : outlineRow.parse(last).outline,
        lastGood: goods[0] ?? null,
        lengthsMs: goods.map(({ heldMs, durationMs }) => heldMs ?? durationMs),
      };
    });
};

/** Who may run. */
export const readLeases = (db: DatabaseSync): readonly LeaseRow[] =>
  db
    .prepare('SELECT * FROM leases ORDER BY granted_at, source')
    .all()
    .map((row) => {
      const read = leaseRow.parse(row);
      return {
        ...{ source: read.source, run: read.run, reason: read.reason, grantedAtMs: read.granted_at },
        ...{ step: read.step, bytesDone: read.bytes_done, bytesTotal: read.bytes_total },
      };
    });

/** The queue, the first whose turn it is first. */
export const readWaiting = (db: DatabaseSync): readonly WaiterRow[] =>
  db
    .prepare('SELECT * FROM waiting ORDER BY position, source')
    .all()
    .map((row) => {
      const { source, run, reason, asked_at: askedAtMs, position } = waiterRow.parse(row);
      return { source, run, reason, askedAtMs, position };
    });

/** What the whole server has. */
export const readSettings = (db: DatabaseSync): Settings => {
  const value = db.prepare("SELECT value FROM settings WHERE name = 'tight'").get()?.['value'];
  return { tight: tight.parse(parseJson(typeof value === 'string' ? value : '[]')) };
};

/** The report of a run as it came; null where it is no longer kept. */
export const readReportOf = (db: DatabaseSync, source: string, run: string): Report | null => {
  const row = db
    .prepare('SELECT json FROM reports JOIN runs USING (seq) WHERE runs.source = ? AND run = ?')
    .get(source, run);
  const read = row === undefined ? null : reportSchema.safeParse(parseJson(String(row['json'])));
  return read?.success ? read.data : null;
};

/** The last `most` runs of a source, the newest first. */
export const readOutlines = (db: DatabaseSync, source: string, most: number): readonly RunOutline[] =>
  db
    .prepare('SELECT outline FROM runs WHERE source = ? ORDER BY seq DESC LIMIT ?')
    .all(source, most)
    .map((row) => outlineRow.parse(row).outline);
