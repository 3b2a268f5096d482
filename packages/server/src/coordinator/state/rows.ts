import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { z } from 'zod';
import { storedFactsSchema } from '../link.ts';
import { measured, type RunOutline, runOutlineSchema } from '../reports/outline.ts';
import type { LeaseRow, LoadedSource, Settings, SourceRow, WaiterRow } from './state.ts';

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

/** Told of each row that can not be understood and is passed over: one that is wrong must not keep all the others out. */
export type OnSkipped = (what: string) => void;

/** Null for a row that can not be understood, after saying so. */
const read = <Schema extends z.ZodType>(
  schema: Schema,
  row: Record<string, SQLOutputValue>,
  what: string,
  onSkipped: OnSkipped,
): z.output<Schema> | null => {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  onSkipped(`${what}: ${z.prettifyError(parsed.error)}`);
  return null;
};

const isThere = <Value>(value: Value | null): value is Value => value !== null;

/** Every source, with what its reports said. */
export const readSources = (
  db: DatabaseSync,
  which: 'all' | 'present',
  onSkipped: OnSkipped,
): readonly LoadedSource[] => {
  const where = which === 'present' ? 'WHERE present = 1' : '';
  const pastOf = pastReader(db, onSkipped);
  return db
    .prepare(`SELECT * FROM sources ${where} ORDER BY name`)
    .all()
    .map((row) => sourceRowOf(row, onSkipped))
    .filter(isThere)
    .map((source) => ({ ...source, ...pastOf(source.name) }));
};

/** A row of the table `sources`; null for one that can not be understood. */
export const sourceRowOf = (row: Record<string, SQLOutputValue>, onSkipped: OnSkipped): SourceRow | null => {
  const known = read(sourceRow, row, `the source ${String(row['name'])}`, onSkipped);
  if (known === null) return null;
  const { name, known_since: knownSinceMs, present, has_agent: hasAgent, place, slots, stored } = known;
  const { every_ms: everyMs, overdue_after_ms: overdueAfterMs } = known;
  return { name, knownSinceMs, present, hasAgent, everyMs, overdueAfterMs, place, slots, stored };
};

/** What the reports of a source said. */
export type Past = Pick<LoadedSource, 'lastRun' | 'lastGood' | 'lengthsMs'>;

/** Reads the past of one source after another. */
export const pastReader = (db: DatabaseSync, onSkipped: OnSkipped): ((source: string) => Past) => {
  const counted = db.prepare(
    `SELECT outline FROM runs WHERE source = ? AND counts = 1 ORDER BY ended_at DESC, seq DESC LIMIT ${lengths}`,
  );
  const good = db.prepare(
    `SELECT outline FROM runs WHERE source = ? AND good = 1 ORDER BY ended_at DESC, seq DESC LIMIT ${lengths}`,
  );
  const outline = (source: string, row: Record<string, SQLOutputValue>): RunOutline | null =>
    read(outlineRow, row, `a run of ${source}`, onSkipped)?.outline ?? null;
  return (source) => {
    const goods = good
      .all(source)
      .map((one) => outline(source, one))
      .filter(isThere);
    return {
      lastRun: firstOf(counted.iterate(source), (one) => outline(source, one)),
      lastGood: goods[0] ?? null,
      lengthsMs: measured(goods),
    };
  };
};

/** The first that `of` makes something of; null when it is none. */
const firstOf = <One, Value>(all: Iterable<One>, of: (one: One) => Value | null): Value | null => {
  for (const one of all) {
    const value = of(one);
    if (value !== null) return value;
  }
  return null;
};

/** Who may run. */
export const readLeases = (db: DatabaseSync, onSkipped: OnSkipped): readonly LeaseRow[] =>
  db
    .prepare('SELECT * FROM leases ORDER BY granted_at, source')
    .all()
    .map((row) => read(leaseRow, row, `the lease of ${String(row['source'])}`, onSkipped))
    .filter(isThere)
    .map(({ source, run, reason, granted_at: grantedAtMs, step, bytes_done: bytesDone, bytes_total: bytesTotal }) => ({
      ...{ source, run, reason, grantedAtMs, step, bytesDone, bytesTotal },
    }));

/** The queue, the first whose turn it is first. */
export const readWaiting = (db: DatabaseSync, onSkipped: OnSkipped): readonly WaiterRow[] =>
  db
    .prepare('SELECT * FROM waiting ORDER BY position, source')
    .all()
    .map((row) => read(waiterRow, row, `the waiting of ${String(row['source'])}`, onSkipped))
    .filter(isThere)
    .map(({ source, run, reason, asked_at: askedAtMs, position }) => ({ source, run, reason, askedAtMs, position }));

/** What the whole server has. */
export const readSettings = (db: DatabaseSync): Settings => {
  const value = db.prepare("SELECT value FROM settings WHERE name = 'tight'").get()?.['value'];
  // Planned anew at the start anyway.
  const read = tight.safeParse(parseJson(typeof value === 'string' ? value : '[]'));
  return { tight: read.success ? read.data : [] };
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
    .map((row) => outlineRow.safeParse(row).data?.outline ?? null)
    .filter(isThere);

/** A run with its place in the order in which reports came. */
export interface NumberedRun {
  readonly seq: number;
  readonly source: string;
  readonly outline: RunOutline;
}

/** The runs after `seq`, in the order in which they came, at most `most`. */
export const readNumbered = (db: DatabaseSync, seq: number, most: number): readonly NumberedRun[] =>
  db
    .prepare('SELECT seq, source, outline FROM runs WHERE seq > ? ORDER BY seq LIMIT ?')
    .all(seq, most)
    .map((row) => {
      const outline = outlineRow.safeParse(row).data?.outline;
      return outline === undefined ? null : { seq: Number(row['seq']), source: String(row['source']), outline };
    })
    .filter(isThere);
