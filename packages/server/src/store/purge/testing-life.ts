import { createHash } from 'node:crypto';
import { type NamedType, type ObjectId, parseObjectName } from '../object.ts';
import { keyOf } from '../past/fold.ts';
import type { Timed } from '../past/timed.ts';
import type { JournalRecord } from '../record.ts';
import { monthOf, placeOf, type Seq } from '../seq.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A snapshot and the packs it needs. */
export interface Kept {
  readonly snapshot: ObjectId;
  readonly packs: readonly ObjectId[];
  readonly at: number;
}

/**
 * For tests: a source's life as journal records with the times they have, without a disk. Each call happens at `life.at`, which
 * the test moves on; every object it writes takes a second of its own.
 */
export const testLife = (start = Date.UTC(2026, 10, 1, 2)) => {
  const records: Timed[] = [];
  const sizes = new Map<string, number>();
  let snapshots: Kept[] = [];
  let count = 0;
  let at = start;

  const add = (record: JournalRecord): Seq => {
    const seq = placeOf(monthOf(new Date(start)), records.length * 100);
    records.push({ seq, record, at: record.at, atLatest: record.at });
    return seq;
  };
  const put = (type: NamedType, size: number): ObjectId => {
    count += 1;
    const name = parseObjectName(createHash('sha256').update(String(count)).digest('hex'));
    if (name === null) throw new Error('a SHA-256 is always a name');
    const id: ObjectId = { type, name };
    at += 1000;
    add({ op: 'put', at, id, size, sha256: null });
    sizes.set(keyOf(id), size);
    return id;
  };
  const trash = (id: ObjectId): Seq => {
    at += 1000;
    const size = sizes.get(keyOf(id)) ?? 0;
    return add({ op: 'trash', at, id, size });
  };
  const packsInUse = (): ReadonlySet<ObjectId> => new Set(snapshots.flatMap(({ packs }) => packs));
  let packs: ObjectId[] = [];

  return {
    records,
    get at() {
      return at;
    },
    set at(next) {
      at = Math.max(at, next);
    },
    snapshots: (): readonly Kept[] => snapshots,
    packs: (): readonly ObjectId[] => packs,
    add,
    put,
    trash,
    /** A backup between its lock and its lock's end: `fresh` new packs, and those it shares with the last one. */
    backup: (fresh: number, shared: number | 'all' = 'all', packBytes = 16_000_000): void => {
      const lock = put('locks', 150);
      const last = snapshots.at(-1)?.packs ?? [];
      const made = Array.from({ length: fresh }, () => put('data', packBytes));
      packs.push(...made);
      put('index', 5000);
      const taken = shared === 'all' ? last : last.slice(Math.max(0, last.length - shared));
      const snapshot = put('snapshots', 300);
      snapshots.push({ snapshot, packs: [...taken, ...made], at });
      trash(lock);
    },
    /** Forgets the snapshots of which `isKept` says no, newest first in its order. */
    forget: (isKept: (kept: Kept, newest: number) => boolean): void => {
      const kept = snapshots.filter((each, index) => isKept(each, snapshots.length - 1 - index));
      const lock = put('locks', 150);
      for (const each of snapshots) if (!kept.includes(each)) trash(each.snapshot);
      snapshots = kept;
      trash(lock);
    },
    /** Removes packs that no snapshot needs, after writing a share of those in use anew. */
    prune: (repackShare = 0): void => {
      const lock = put('locks', 150);
      const used = packsInUse();
      const rewritten = packs.filter((id) => used.has(id)).slice(0, Math.floor(used.size * repackShare));
      const anew = new Map(rewritten.map((id) => [id, put('data', sizes.get(keyOf(id)) ?? 0)]));
      const index = put('index', 5000);
      const gone = packs.filter((id) => !used.has(id) || anew.has(id));
      for (const id of gone) trash(id);
      packs = [...packs.filter((id) => !gone.includes(id)), ...anew.values()];
      snapshots = snapshots.map((each) => ({ ...each, packs: each.packs.map((id) => anew.get(id) ?? id) }));
      trash(lock);
      trash(index);
    },
    /** Everything of these types goes, in their order, without a lock. */
    wipe: (...types: readonly ('data' | 'snapshots')[]): void => {
      for (const type of types) {
        const gone = type === 'data' ? packs.splice(0) : snapshots.map(({ snapshot }) => snapshot);
        for (const id of gone) trash(id);
        if (type === 'snapshots') snapshots = [];
      }
    },
  };
};

/** restic's `--keep-hourly`, `--keep-daily` and so on, by what each keeps the newest of. */
export const policy =
  (keep: { readonly hourly?: number; readonly daily?: number; readonly weekly?: number; readonly monthly?: number }) =>
  (snapshots: readonly Kept[]): ReadonlySet<Kept> => {
    const kept = new Set<Kept>();
    const spans = [
      [keep.hourly ?? 0, hour],
      [keep.daily ?? 0, day],
      [keep.weekly ?? 0, 7 * day],
      [keep.monthly ?? 0, 30 * day],
    ] as const;
    for (const [count, span] of spans) {
      const newest = new Map<number, Kept>();
      for (const each of snapshots) newest.set(Math.floor(each.at / span), each);
      for (const each of [...newest.values()].slice(Math.max(0, newest.size - count))) if (count > 0) kept.add(each);
    }
    return kept;
  };
