import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import type { LocalTime } from '../coordinator/plan/local-time.ts';
import { runOutlineSchema } from '../coordinator/reports/outline.ts';
import {
  type Past,
  pastReader,
  readLeases,
  readSettings,
  readWaiting,
  sourceRowOf,
} from '../coordinator/state/rows.ts';
import type { SourceRow } from '../coordinator/state/state.ts';
import type { Known, KnownSource } from './known.ts';
import { addRun, forgetRuns, noRuns, type RunSums, type SummedRun, trendDays } from './trend.ts';

const dayMs = 86_400_000;

/** A source's row as it was read last: most looks find it as it was, and what it says is not parsed again. */
interface Cached {
  raw: string;
  row: SourceRow;
  past: Past;
  readonly sums: RunSums;
  /** True when runs have come since `past` was read. */
  isStale: boolean;
}

const summedRun = z.object({
  outline: z
    .string()
    .transform((text) => parseJson(text))
    .pipe(
      runOutlineSchema.pick({
        ...{ endedAtMs: true, durationMs: true, outcome: true, dryRun: true, snapshot: true, warnings: true },
        ...{ bytesRead: true, bytesAdded: true, bytesStored: true, bytesPruned: true, snapshotsRemoved: true },
      }),
    ),
});

const ignored = (): void => undefined;

/**
 * Reads what a database of the coordinator's says now, and keeps what it said before: only rows that have changed are parsed, and
 * only runs that are new are summed up, so that looking every two seconds costs little with thousands of sources. One of these belongs
 * to one database and one time zone. Each function is to be called within a transaction; they throw what SQLite throws.
 */
export class FleetCache {
  readonly #time: LocalTime;
  readonly #cached = new Map<string, Cached>();
  #seq = 0;

  constructor(time: LocalTime) {
    this.#time = time;
  }

  /** Everything that is shown, as of now. */
  read(db: DatabaseSync, nowMs: number): Omit<Known, 'trouble'> {
    const newest = newestSeq(db);
    // Its runs begin anew: somebody put an older one in its place.
    if (newest < this.#seq) this.#cached.clear();
    else if (newest > this.#seq) this.#learn(db, nowMs);
    this.#seq = newest;
    const today = this.#time.wallAt(nowMs).day;
    const sources = new Map<string, KnownSource>();
    const [pastOf, runsOf] = [pastReader(db, ignored), this.#runsReader(db, nowMs)];
    for (const raw of db.prepare('SELECT * FROM sources WHERE present = 1 ORDER BY name').iterate()) {
      const cached = this.#refreshed(raw, pastOf, runsOf);
      if (cached === null) continue;
      forgetRuns(cached.sums, today, nowMs);
      sources.set(cached.row.name, { ...cached.row, ...cached.past, sums: cached.sums });
    }
    for (const name of this.#cached.keys()) if (!sources.has(name)) this.#cached.delete(name);
    return {
      sources,
      leases: new Map(readLeases(db, ignored).map((lease) => [lease.source, lease])),
      waiting: new Map(readWaiting(db, ignored).map((waiter) => [waiter.source, waiter])),
      tight: readSettings(db).tight,
    };
  }

  /** Null for a row that can not be understood. */
  #refreshed(
    raw: Record<string, SQLOutputValue>,
    pastOf: (source: string) => Past,
    runsOf: (source: string) => RunSums,
  ): Cached | null {
    const name = String(raw['name']);
    const words = JSON.stringify(raw);
    const known = this.#cached.get(name);
    if (known?.isStale) {
      known.past = pastOf(name);
      known.isStale = false;
    }
    if (known?.raw === words) return known;
    const row = sourceRowOf(raw, ignored);
    if (row === null) return null;
    const [past, sums] = [known?.past ?? pastOf(name), known?.sums ?? runsOf(name)];
    const made: Cached = { raw: words, row, past, sums, isStale: false };
    this.#cached.set(name, made);
    return made;
  }

  /** Adds the runs that are new to the sums of the sources that are known. */
  #learn(db: DatabaseSync, nowMs: number): void {
    if (this.#cached.size === 0) return;
    for (const row of db.prepare('SELECT source, outline FROM runs WHERE seq > ? ORDER BY seq').iterate(this.#seq)) {
      const cached = this.#cached.get(String(row['source']));
      if (cached === undefined) continue;
      cached.isStale = true;
      const run = summedRun.safeParse(row).data?.outline;
      if (run !== undefined) this.#add(cached.sums, run, nowMs);
    }
  }

  #runsReader(db: DatabaseSync, nowMs: number): (source: string) => RunSums {
    // One day more than is shown: which day it is differs from place to place. Read by the index on runs that count.
    const runs = db.prepare(
      'SELECT outline FROM runs WHERE source = ? AND counts = 1 AND ended_at > ? ORDER BY ended_at',
    );
    return (source) => {
      const sums = noRuns();
      for (const row of runs.iterate(source, nowMs - (trendDays + 1) * dayMs)) {
        const run = summedRun.safeParse(row).data?.outline;
        if (run !== undefined) this.#add(sums, run, nowMs);
      }
      return sums;
    };
  }

  #add(sums: RunSums, run: SummedRun, nowMs: number): void {
    addRun(sums, run, this.#time.wallAt(run.endedAtMs).day, nowMs);
  }
}

/** The place of the newest run; 0 before the first. */
export const newestSeq = (db: DatabaseSync): number => {
  const seq = db.prepare('SELECT max(seq) AS seq FROM runs').get()?.['seq'];
  return typeof seq === 'number' ? seq : 0;
};
