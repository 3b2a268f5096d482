import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { Count } from './count.ts';
import type { MirrorDisk } from './disk.ts';
import type { Ledger, Row } from './ledger.ts';
import { Listing } from './listing.ts';
import { type Step, stepFor } from './plan.ts';
import { type Raw, rawOf } from './raw.ts';
import { scan } from './scan.ts';
import type { Shelf } from './shelf.ts';
import { breathe, Stopped, stampOf } from './source.ts';
import { errorCode, wordsOf } from './trouble.ts';
import type { Wanted } from './wanted.ts';

/** A file whose bytes are to be looked at, and why. */
export interface Task {
  readonly path: Raw;
  readonly stat: BigIntStats;
  readonly step: Extract<Step, 'new' | 'missing' | 'changed'>;
}

/** Files between two moments in which a signal can be heard. */
const turnFiles = 1000;

/**
 * The first half of a pass: finds out what there is to do, and writes down what the phone no longer has and what it has again. Nothing is
 * called gone unless its folder was listed, and the phone's folder is still there afterwards. Throws `Stopped`.
 */
export const look = async (about: {
  readonly disk: MirrorDisk;
  readonly ingest: Raw;
  readonly wanted: Wanted;
  readonly ledger: Ledger;
  readonly shelf: Shelf;
  readonly count: Count;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly settleMs: number;
  readonly isStillThere: () => boolean;
}): Promise<readonly Task[]> => {
  const { disk, ingest, wanted, ledger, shelf, count, now, signal, settleMs, isStillThere } = about;
  const listing = new Listing(shelf);
  const nowMs = now().getTime();
  const tasks: Task[] = [];
  const back: Row[] = [];
  const seen = new Set<Raw>();
  const unlisted = new Set<Raw>();
  let sights = 0;
  for (const sight of scan(disk, ingest, wanted)) {
    sights += 1;
    if (sights % turnFiles === 0) await breathe();
    if (signal.aborted) throw new Stopped();
    if (sight.kind === 'skipped') count.skipped += 1;
    if (sight.kind === 'unlisted') {
      unlisted.add(sight.path);
      if (isErrno(sight.error, 'EACCES', 'EPERM')) count.unreadable += 1;
      else if (sight.error !== null) count.fail(wordsOf(sight.error));
    }
    if (sight.kind !== 'file') continue;
    const { path, stat } = sight;
    seen.add(path);
    const row = ledger.rows.get(path);
    const isInMirror = (): boolean => row !== undefined && listing.has(row);
    const ageMs = nowMs - Number(stat.ctimeNs / 1_000_000n);
    const step = orNull(() => stepFor(row, { stamp: stampOf(stat), ageMs, isInMirror }, settleMs), count);
    if (step === 'unsettled') count.unsettled += 1;
    else if (step === 'back' && row !== undefined) back.push({ ...row, goneAt: null });
    else if (step === 'new' || step === 'missing' || step === 'changed') tasks.push({ path, stat, step });
  }
  const gone = isStillThere() ? goneOf(ledger, seen, unlisted, wanted) : [];
  count.newlyGone = gone.length;
  const rows = [...back, ...gone.map((row) => ({ ...row, goneAt: nowMs }))];
  const tally = { atMs: nowMs, copied: 0, copiedBytes: 0, versions: 0 };
  if (rows.length > 0) ledger.save({ rows, forgotten: [], tally });
  return tasks;
};

/** A folder of the mirror that can not be listed is a failure of each file in it, and none of the others. */
const orNull = <Value>(call: () => Value, count: Count): Value | null => {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof Error) || errorCode(error) === null) throw error;
    count.fail(wordsOf(error));
    return null;
  }
};

const goneOf = ({ rows }: Ledger, seen: ReadonlySet<Raw>, unlisted: ReadonlySet<Raw>, wanted: Wanted): readonly Row[] =>
  rows
    .values()
    .filter(({ path, goneAt }) => goneAt === null && !seen.has(path))
    // What is no longer asked for may still be on the phone.
    .filter(({ path }) => !isBelow(path, unlisted) && wanted.path(path))
    .toArray();

const isBelow = (path: Raw, folders: ReadonlySet<Raw>): boolean => {
  if (folders.size === 0) return false;
  if (folders.has(path) || folders.has(rawOf(''))) return true;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    if (folders.has(rawOf(path.slice(0, slash)))) return true;
  }
  return false;
};
