import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { aheadMs } from '../clock.ts';
import { counts, isGood } from '../reports/outline.ts';
import type { Changes, Kept, NewReport } from './state.ts';

/** The statements that change the database; each function is to be called within a transaction. */
export interface Writer {
  readonly save: (changes: Changes) => void;
  readonly addReport: (report: NewReport) => 'new' | 'known';
}

/** Prepared once, because preparing costs more than running. */
export const writerOn = (db: DatabaseSync, most: Kept): Writer => {
  const statements = {
    source: db.prepare(`INSERT OR REPLACE INTO sources
      (name, known_since, present, has_agent, every_ms, overdue_after_ms, place, slots, stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    lease: db.prepare(`INSERT OR REPLACE INTO leases
      (source, run, reason, granted_at, step, bytes_done, bytes_total) VALUES (?, ?, ?, ?, ?, ?, ?)`),
    endLease: db.prepare('DELETE FROM leases WHERE source = ?'),
    leave: db.prepare('DELETE FROM waiting WHERE source = ?'),
    waiter: db.prepare(
      'INSERT OR REPLACE INTO waiting (source, run, reason, asked_at, position) VALUES (?, ?, ?, ?, ?)',
    ),
    tight: db.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES ('tight', ?)"),
    run: db.prepare(`INSERT INTO runs (source, run, ended_at, counts, good, outline) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (source, run) DO NOTHING`),
    // What is dated later than a report that comes now was dated by a clock that was ahead: among those it is the oldest.
    outdate: db.prepare('UPDATE runs SET ended_at = 0 WHERE source = ? AND counts = 1 AND ended_at > ?'),
    report: db.prepare('INSERT INTO reports (seq, source, bytes, json) VALUES (?, ?, ?, ?)'),
    leaseOfRun: db.prepare('DELETE FROM leases WHERE source = ? AND run = ?'),
    waiterOfRun: db.prepare('DELETE FROM waiting WHERE source = ? AND run = ?'),
  };
  const trim = trimmer(db, most);
  return {
    save: ({ sources, leases, ended, waiting, left, settings }) => {
      for (const row of sources ?? []) {
        const place = row.place === null ? null : JSON.stringify(row.place);
        const stored = row.stored === null ? null : JSON.stringify(row.stored);
        const [present, hasAgent] = [Number(row.present), Number(row.hasAgent)];
        const fixed = [row.name, row.knownSinceMs, present, hasAgent, row.everyMs, row.overdueAfterMs];
        statements.source.run(...fixed, place, JSON.stringify(row.slots), stored);
      }
      for (const source of ended ?? []) statements.endLease.run(source);
      for (const row of leases ?? []) {
        const { source, run, reason, grantedAtMs, step, bytesDone, bytesTotal } = row;
        statements.lease.run(source, run, reason, grantedAtMs, step, bytesDone, bytesTotal);
      }
      for (const source of left ?? []) statements.leave.run(source);
      for (const { source, run, reason, askedAtMs, position } of waiting ?? []) {
        statements.waiter.run(source, run, reason, askedAtMs, position);
      }
      if (settings !== undefined) statements.tight.run(JSON.stringify(settings.tight));
    },
    addReport: ({ source, outline, json }) => {
      const { run, endedAtMs } = outline;
      const flags = [Number(counts(outline)), Number(isGood(outline))];
      const added = statements.run.run(source, run, endedAtMs, ...flags, JSON.stringify(outline));
      statements.leaseOfRun.run(source, run);
      statements.waiterOfRun.run(source, run);
      if (Number(added.changes) === 0) return 'known';
      const seq = Number(added.lastInsertRowid);
      statements.outdate.run(source, outline.receivedAtMs + aheadMs);
      statements.report.run(seq, source, Buffer.byteLength(json), json);
      trim(source, seq);
      return 'new';
    },
  };
};

/** How often rows are counted, because counting 20,000 takes a millisecond. */
const countEvery = 64;

/** Lets go of the oldest of a source, beyond what is kept of one. The last run that was good is never among them. */
const trimmer = (db: DatabaseSync, most: Kept): ((source: string, seq: number) => void) => {
  const kept = db.prepare('SELECT seq, bytes FROM reports WHERE source = ? ORDER BY seq DESC');
  const dropReports = db.prepare('DELETE FROM reports WHERE source = ? AND seq <= ?');
  const oldest = db.prepare(`SELECT seq FROM runs WHERE source = ? ORDER BY seq DESC LIMIT 1 OFFSET ${most.rows}`);
  const dropRows = db.prepare(`DELETE FROM runs WHERE source = ?1 AND seq <= ?2 AND seq IS NOT
    (SELECT seq FROM runs WHERE source = ?1 AND good = 1 ORDER BY ended_at DESC, seq DESC LIMIT 1)`);
  return (source, seq) => {
    const beyond = firstBeyond(kept, source, most);
    if (beyond !== null) dropReports.run(source, beyond);
    if (seq % countEvery !== 0) return;
    const row = oldest.get(source)?.['seq'];
    if (typeof row === 'number') dropRows.run(source, row);
  };
};

/** The newest report that is no longer kept whole; null when all are. */
const firstBeyond = (kept: StatementSync, source: string, most: Kept): number | null => {
  let [reports, bytes] = [0, 0];
  for (const row of kept.iterate(source)) {
    reports += 1;
    bytes += Number(row['bytes']);
    if (reports > most.reports || bytes > most.reportBytes) return Number(row['seq']);
  }
  return null;
};
