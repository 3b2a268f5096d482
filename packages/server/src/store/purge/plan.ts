import { join } from 'node:path';
import type { Disk } from '../disk.ts';
import type { Layout } from '../layout.ts';
import { namedTypes, type ObjectId } from '../object.ts';
import { keyOf } from '../past/fold.ts';
import { readTimed } from '../past/timed.ts';
import { isChange, isClockMark } from '../record.ts';
import type { Seq } from '../seq.ts';
import type { Amount } from '../usage.ts';
import { brake, type Freeze } from './brake.ts';

/** A copy in the trash, or a file in quarantine, whose `trash` or `quarantine` record stands at `seq`. */
export interface Aside {
  readonly id: ObjectId;
  readonly seq: Seq;
  /** Bytes. */
  readonly size: number;
}

/** What a purge would do now. */
export interface PurgePlan {
  /** Null where purging goes on. */
  readonly frozen: Freeze | null;
  /** Copies in the trash whose time is over, the oldest first. */
  readonly due: readonly Aside[];
  /** Copies whose `purge` record stands and whose file is still there: a crash, or a disk that failed, came between. */
  readonly left: readonly Aside[];
  /** Files in quarantine whose time is over. */
  readonly evidence: readonly Aside[];
  /** There is something aside, and the journal has no record about the clock since the last jump: as if it were written now. */
  readonly needsClock: boolean;
  /** The rest of the trash. */
  readonly waiting: Amount & {
    /** When the first of it is due, by the server's clock; null when there is none, or nobody can say. */
    readonly oldestDueAt: number | null;
    /** How much of it has no sure age until an admin confirms the clock. */
    readonly undated: number;
  };
}

/** How a purge decides. */
export interface PurgeRules {
  /** The server's clock, UTC milliseconds. */
  readonly now: number;
  readonly protectMs: number;
  /** The share of the brake, 0 to 1. */
  readonly share: number;
  /**
   * When the server's clock was last found right again after a jump, UTC milliseconds; null when it never jumped. What
   * was recorded meanwhile may look older than it is, so the journal needs a `clock` record no older than this.
   */
  readonly clockSettledAt: number | null;
}

/**
 * Reads a source's journal and says what is due: what was trashed more than `protectMs` ago even if its record is as
 * young as it can be (`Timed.atLatest`). What is in quarantine stays as long after its own record. Touches nothing.
 * Memory: an entry for each copy in the trash and each file there, and what the brake takes.
 */
export const planPurge = async (
  { disk, layout }: { readonly disk: Disk; readonly layout: Layout },
  { now, protectMs, share, clockSettledAt }: PurgeRules,
): Promise<PurgePlan> => {
  const inTrash = await filesIn(disk, layout.trash);
  const inQuarantine = await filesIn(disk, layout.quarantine);
  const watch = brake(share);
  const trash = new Map<Seq, Aside & { readonly dueAt: number | null }>();
  const left: Aside[] = [];
  const quarantined: (Aside & { readonly dueAt: number | null })[] = [];
  let confirmedAt = Number.NEGATIVE_INFINITY;
  const dueAfter = (atLatest: number | null): number | null => (atLatest === null ? null : atLatest + protectMs);

  await readTimed(disk, layout.journal, (timed) => {
    watch.add(timed);
    const { seq, record, atLatest } = timed;
    if (isClockMark(record)) confirmedAt = record.at;
    if (!isChange(record)) return;
    const { op, id, size } = record;
    if (op === 'trash') trash.set(seq, { id, seq, size, dueAt: dueAfter(atLatest) });
    else if ('of' in record && record.of !== null) trash.delete(record.of);
    if (op === 'purge' && inTrash.has(nameOf(id, record.of))) left.push({ id, seq: record.of, size });
    if (op === 'quarantine' && inQuarantine.has(nameOf(id, seq)))
      quarantined.push({ id, seq, size, dueAt: dueAfter(atLatest) });
  });

  const isSettled = clockSettledAt === null || confirmedAt >= clockSettledAt;
  const all = [...trash.values()].map((copy) => (isSettled ? copy : { ...copy, dueAt: now + protectMs }));
  const isDue = ({ dueAt }: { readonly dueAt: number | null }): boolean => dueAt !== null && dueAt < now;
  const rest = all.filter((copy) => !isDue(copy));
  const dates = rest.map(({ dueAt }) => dueAt).filter((at) => at !== null);
  return {
    frozen: watch.frozen(),
    // Their places are in the order of their times.
    due: all.filter(isDue),
    left,
    evidence: isSettled ? quarantined.filter(isDue) : [],
    needsClock: !isSettled && trash.size + quarantined.length > 0,
    waiting: {
      objects: rest.length,
      bytes: rest.reduce((sum, { size }) => sum + size, 0),
      oldestDueAt: dates.reduce<number | null>((first, at) => Math.min(first ?? at, at), null),
      undated: rest.length - dates.length,
    },
  };
};

const nameOf = (id: ObjectId, seq: Seq): string => `${keyOf(id)}.${seq}`;

const filesIn = async (disk: Disk, folder: string): Promise<ReadonlySet<string>> => {
  const names = new Set<string>();
  for (const type of [...namedTypes, 'config']) {
    for (const name of await disk.list(join(folder, type))) names.add(`${type}/${name}`);
  }
  return names;
};
