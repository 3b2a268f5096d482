import { lstatSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Report } from '@berth/common/report.ts';
import { asUser } from '../../status/as-user.ts';
import { freshnessOf, nextRunOfRow } from '../entry.ts';
import type { StoredFacts } from '../link.ts';
import { databaseFile, stateFolder } from '../paths.ts';
import { dumpsWords } from '../reports/dumps.ts';
import type { RunOutline } from '../reports/outline.ts';
import type { Fleet, FleetRun, FleetSource } from './fleet.ts';
import { isReadable } from './readable.ts';
import { readLeases, readOutlines, readReportOf, readSettings, readSources, readWaiting } from './rows.ts';
import type { LeaseRow, LoadedSource, WaiterRow } from './state.ts';
import { walkableCopy } from './walkable-copy.ts';

/** Where the coordinator's files are. */
export interface Where {
  readonly dataDir: string;
  /** Whose files they are: root reads as that user. Null for whoever owns their folder. */
  readonly uid: number | null;
}

/**
 * What the coordinator knows, read from its files without asking it, so that `status` works when it hangs, and when it is
 * dead. Null where no coordinator has run yet. Changes nothing that the coordinator wrote, and leaves no file that it could
 * not open. `storedOf` is what the server's reviews know of a source, which a coordinator that is down has not heard.
 * Throws `state-newer`, and `state-unreadable` for a file that is broken or that this user may not read.
 */
export const readFleet = ({
  nowMs,
  storedOf = () => null,
  ...where
}: Where & { readonly nowMs: number; readonly storedOf?: (source: string) => StoredFacts | null }): Fleet | null =>
  look(where, (db) => {
    const leases = new Map(readLeases(db, passOver).map((lease) => [lease.source, lease]));
    const waiting = new Map(readWaiting(db, passOver).map((waiter) => [waiter.source, waiter]));
    const sources = readSources(db, 'present', passOver).map((source) =>
      fleetSource(
        { ...source, stored: storedOf(source.name) ?? source.stored },
        leases.get(source.name) ?? null,
        waiting.get(source.name) ?? null,
        nowMs,
      ),
    );
    return { sources, ...readSettings(db) };
  });

/** The coordinator logs what it can not understand; whoever only looks is shown the rest. */
const passOver = (): void => undefined;

/** The last `most` runs of a source, the newest first; dry runs and `busy` ones too. Otherwise as `readFleet`. */
export const readRuns = ({
  source,
  most,
  ...where
}: Where & { readonly source: string; readonly most: number }): readonly RunOutline[] | null =>
  look(where, (db) => readOutlines(db, source, most));

/** The whole report of a run, in the agent's and restic's own words; null where it is no longer kept. Otherwise as `readFleet`. */
export const readReport = ({
  source,
  run,
  ...where
}: Where & { readonly source: string; readonly run: string }): Report | null =>
  look(where, (db) => readReportOf(db, source, run));

const fleetSource = (
  source: LoadedSource,
  lease: LeaseRow | null,
  waiter: WaiterRow | null,
  nowMs: number,
): FleetSource => {
  const { state, words, lastSuccessMs, overdueAtMs } = freshnessOf(source, nowMs);
  const dumps = source.lastRun?.dumps ?? null;
  return {
    ...{ name: source.name, state, words, lastSuccessMs, overdueAtMs },
    nextSlotMs: nextRunOfRow(source, nowMs)?.startsAtMs ?? null,
    lastRun: source.lastGood === null ? null : fleetRun(source.lastGood),
    now: nowOf(lease, waiter),
    ...(dumps !== null && { databases: dumpsWords(dumps) }),
  };
};

/** A run in short, as `FleetRun`; null for one that found another going on and did nothing. */
const fleetRun = (outline: RunOutline): FleetRun | null => {
  const { run, endedAtMs, durationMs, outcome, message, warnings } = outline;
  const { bytesRead, bytesAdded, bytesStored, bytesPruned, snapshots } = outline;
  if (outcome === 'busy') return null;
  return {
    ...{ run, endedAtMs, durationMs, outcome, message, warnings },
    ...{ bytesRead, bytesAdded, bytesStored, bytesPruned, snapshots },
  };
};

/** What a source does now. */
export const nowOf = (lease: LeaseRow | null, waiter: WaiterRow | null): FleetSource['now'] => {
  if (lease !== null) {
    const { grantedAtMs: sinceMs, step, bytesDone, bytesTotal } = lease;
    const known = bytesDone !== null && bytesTotal !== null && bytesTotal > 0;
    const percent = known ? Math.min(100, Math.floor((bytesDone / bytesTotal) * 100)) : null;
    return { kind: 'running', sinceMs, step, percent };
  }
  if (waiter !== null) return { kind: 'waiting', sinceMs: waiter.askedAtMs, position: waiter.position };
  return { kind: 'idle' };
};

const look = <Result>({ dataDir, uid }: Where, read: (db: DatabaseSync) => Result): Result | null => {
  const folder = stateFolder(dataDir);
  const owner = lstatSync(folder, { throwIfNoEntry: false })?.uid;
  if (owner === undefined) return null;
  const path = databaseFile(folder);
  const user = uid ?? owner;
  try {
    try {
      return readAs(user, path, read);
    } catch (error) {
      // A root that may not become others, or read what is theirs, can not do this either.
      if (!isErrno(error, 'EACCES') || process.geteuid?.() !== 0) throw error;
      using copy = walkableCopy(path, user);
      return readAs(user, copy.path, read);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    const [why, remedy] = isErrno(error, 'EACCES')
      ? ["it is for the server's own account only", 'Type it as root: sudo …']
      : [error instanceof Error ? error.message : String(error), 'Look at the log of the server, and at its disk.'];
    throw new Problem('state-unreadable', `${path} can not be read: ${why}.`, remedy, { cause: error });
  }
};

const readAs = <Result>(uid: number, path: string, read: (db: DatabaseSync) => Result): Result | null =>
  asUser(uid, () => (lstatSync(path, { throwIfNoEntry: false }) === undefined ? null : readIn(path, read)));

/** A reader keeps nobody waiting: it sees what was committed when it began. */
const readIn = <Result>(path: string, read: (db: DatabaseSync) => Result): Result | null => {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
  try {
    if (!isReadable(db, path)) return null;
    db.exec('BEGIN');
    return read(db);
  } finally {
    db.close();
  }
};
