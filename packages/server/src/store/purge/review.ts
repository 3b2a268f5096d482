import type { Disk } from '../disk.ts';
import type { Layout } from '../layout.ts';
import type { ObjectId } from '../object.ts';
import { keyOf } from '../past/fold.ts';
import { readTimed } from '../past/timed.ts';
import { isChange } from '../record.ts';
import { brake, dayMs, type Freeze } from './brake.ts';
import { churn, type Oddity } from './churn.ts';

/** What a source's journal says of how it is used. */
export interface JournalReview {
  readonly frozen: Freeze | null;
  /** Those of the last three days. */
  readonly oddities: readonly Oddity[];
  /** How many are live. */
  readonly snapshots: number;
  /**
   * When the first and the last that came of those that are live were stored, UTC milliseconds by effective time; null without any.
   * One that was taken back from the trash came when it was stored.
   */
  readonly oldestSnapshotAt: number | null;
  readonly newestSnapshotAt: number | null;
  readonly locks: {
    /** How many are live. */
    readonly count: number;
    /** When the oldest of them was made, UTC milliseconds by effective time; null without any. */
    readonly oldestAt: number | null;
  };
  /** What was live until it was found damaged or gone, and has not come back; locks left out. */
  readonly damaged: readonly ObjectId[];
  /** When its client last stored or deleted something, UTC milliseconds by effective time; null when it never did. */
  readonly lastChangeAt: number | null;
  /** When its client last stored a snapshot, whatever became of it; null when it never did. */
  readonly lastSnapshotAt: number | null;
}

/** So long an oddity is news: whoever looks once a day sees it, and who missed two days still does. */
const newsMs = 3 * dayMs;

/** Reads the journal once over. `now` is UTC milliseconds; `share` is the brake's. Touches nothing. */
export const reviewJournal = async (
  { disk, layout }: { readonly disk: Disk; readonly layout: Layout },
  { now, share }: { readonly now: number; readonly share: number },
): Promise<JournalReview> => {
  const deletions = brake(share);
  const snapshots = churn(share);
  const live = { snapshots: new Map<string, number>(), locks: new Map<string, number>() };
  const stored = new Map<string, number>();
  const damaged = new Map<string, ObjectId>();
  let lastChangeAt: number | null = null;
  let lastSnapshotAt: number | null = null;
  await readTimed(disk, layout.journal, (timed) => {
    deletions.add(timed);
    snapshots.add(timed);
    const { record, at } = timed;
    if (!isChange(record)) return;
    const { op, id } = record;
    if (op === 'put' || op === 'trash') lastChangeAt = at;
    if (op === 'put' && id.type === 'snapshots') {
      lastSnapshotAt = at;
      stored.set(keyOf(id), at);
    }
    const arrives = op === 'put' || op === 'restore';
    if (!arrives && 'of' in record && record.of !== null) return;
    const key = keyOf(id);
    if ((op === 'quarantine' || op === 'lost') && id.type !== 'locks') damaged.set(key, id);
    else damaged.delete(key);
    if (id.type === 'snapshots') arrives ? live.snapshots.set(key, stored.get(key) ?? at) : live.snapshots.delete(key);
    if (id.type === 'locks') arrives ? live.locks.set(key, at) : live.locks.delete(key);
  });
  return {
    frozen: deletions.frozen(),
    oddities: snapshots.oddities(now - newsMs),
    snapshots: live.snapshots.size,
    oldestSnapshotAt: extreme(live.snapshots, Math.min),
    newestSnapshotAt: extreme(live.snapshots, Math.max),
    locks: { count: live.locks.size, oldestAt: extreme(live.locks, Math.min) },
    damaged: [...damaged.values()],
    lastChangeAt,
    lastSnapshotAt,
  };
};

/** Null of none. */
const extreme = (times: ReadonlyMap<string, number>, of: (one: number, other: number) => number): number | null =>
  [...times.values()].reduce<number | null>((found, at) => (found === null ? at : of(found, at)), null);
