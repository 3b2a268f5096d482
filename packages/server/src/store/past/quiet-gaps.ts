import type { Placed } from '../journal-read.ts';
import type { ObjectName } from '../object.ts';
import { type ChangeRecord, isChange } from '../record.ts';
import type { Seq } from '../seq.ts';
import type { Times } from './times.ts';

/** restic takes a lock for one that somebody left behind when it is this old: it renews its own every five minutes (restic: internal/restic/lock.go). */
export const staleLockMs = 30 * 60_000;
/** Removals closer than this belong together: parts of one forget, one prune, one wipe. */
const togetherMs = 60_000;

/** The moment between two records of a journal, for as long as it lasted. */
export interface Gap {
  /** What stands here has not happened yet. */
  readonly place: Seq;
  /** When the record before it was written, UTC milliseconds; null before the first. */
  readonly from: number | null;
  /** When the record after it was written; null after the last. */
  readonly to: number | null;
  /** Somebody was at work: there was a lock, not yet stale. */
  readonly locked: boolean;
  /** It lies between removals that belong together. */
  readonly removing: boolean;
  /** There was a repository: its config was live. */
  readonly repository: boolean;
  /** The record before it ended the last lock: what was going on had come to its end. */
  readonly unlocked: boolean;
}

/** True when nothing was under way. */
export const isQuiet = ({ locked, removing }: Gap): boolean => !locked && !removing;

/** A lock that was live, and since when (UTC milliseconds). */
export interface LiveLock {
  readonly name: ObjectName;
  readonly since: number;
}

/** Walks a journal from its beginning and tells of each gap, in order, somewhat later than the record behind it is shown. */
export interface GapWatch {
  /** Shows it the next record. */
  readonly add: (placed: Pick<Placed, 'seq' | 'record'>) => void;
  /** Says that there are no more: `seen` is the place behind the last. */
  readonly end: (seen: Seq) => void;
  /** The locks that are live before the next record. */
  readonly locks: () => readonly LiveLock[];
}

/** A watch over a whole journal, whose times are already known. */
export const watchGaps = (times: Times, visit: (gap: Gap) => void): GapWatch => {
  const locks = liveLocks();
  let repository = false;
  let before: { readonly at: number; readonly unlocked: boolean } | null = null;
  /** When something was removed last, unless something made an end of it since. */
  let removedAt: number | null = null;
  /** Gaps behind a removal, of which it is not known yet whether another one follows. */
  let waiting: Gap[] = [];

  const resolve = (removing: boolean): void => {
    for (const gap of waiting) visit({ ...gap, removing });
    waiting = [];
  };
  const tell = (place: Seq, to: number | null): void => {
    const from = before?.at ?? null;
    const freshest = locks.freshest();
    const locked = freshest !== null && from !== null && from - freshest < staleLockMs;
    waiting.push({ place, from, to, locked, removing: false, repository, unlocked: before?.unlocked ?? false });
    if (removedAt === null) resolve(false);
  };

  const change = (record: ChangeRecord, at: number): boolean => {
    const { id } = record;
    const arrives = record.op === 'put' || record.op === 'restore';
    const leaves = record.op === 'trash' || (!arrives && record.op !== 'purge' && record.of === null);
    if (id.type === 'locks') {
      if (arrives) locks.add(id.name, at);
      return leaves && locks.remove(id.name) && locks.freshest() === null;
    }
    if (id.type === 'config' && (arrives || leaves)) repository = arrives;
    if (record.op === 'trash') removedAt = at;
    // A backup, or a rewind, came between: what is removed later is something else.
    else if (record.op === 'restore' || (arrives && id.type === 'snapshots')) removedAt = null;
    return false;
  };

  return {
    add: ({ seq, record }) => {
      const at = times.of(seq) ?? record.at;
      tell(seq, at);
      const removes = isChange(record) && record.op === 'trash' && record.id.type !== 'locks';
      if (removes) resolve(removedAt !== null && at - removedAt <= togetherMs);
      else if (removedAt !== null && at - removedAt > togetherMs) {
        resolve(false);
        removedAt = null;
      }
      const unlocked = isChange(record) && change(record, at);
      if (removedAt === null) resolve(false);
      before = { at, unlocked };
    },
    end: (seen) => {
      tell(seen, null);
      resolve(false);
    },
    locks: locks.all,
  };
};

/** Locks come in the order of their times, so the one that came last is the freshest; a flood of them costs no more each. */
const liveLocks = () => {
  const live = new Map<ObjectName, number>();
  const order: { readonly name: ObjectName; readonly since: number }[] = [];
  return {
    add: (name: ObjectName, since: number): void => {
      live.set(name, since);
      order.push({ name, since });
    },
    remove: (name: ObjectName): boolean => live.delete(name),
    freshest: (): number | null => {
      for (let last = order.at(-1); last !== undefined; last = order.at(-1)) {
        if (live.get(last.name) === last.since) return last.since;
        order.pop();
      }
      return null;
    },
    all: (): readonly LiveLock[] => [...live].map(([name, since]) => ({ name, since })),
  };
};
