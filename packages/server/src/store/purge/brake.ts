import { keyOf } from '../past/fold.ts';
import { type Levels, type Removed, type Runs, removalRuns } from '../past/removal-runs.ts';
import type { Timed } from '../past/timed.ts';
import { isChange } from '../record.ts';
import { levelOver, type Spot, sumOver } from './window.ts';

/** Why the trash of a source is frozen: what it removed within a day, and where. */
export interface Freeze {
  readonly what: 'snapshots' | 'bytes';
  /** How much was removed of what there was, at most 1. */
  readonly share: number;
  /** All that was removed from `from` to `to`, locks left out. */
  readonly removed: Removed;
  /** When the brake was pulled: effective time, UTC milliseconds. */
  readonly since: number;
  /** The first of these removals: the moment before it is the one to go back to. */
  readonly from: Spot;
  readonly to: Spot;
}

/** The mass-delete brake of one source, over its journal. */
export interface Brake {
  /** Shows it the next record, in the journal's order. */
  readonly add: (timed: Timed) => void;
  /** Null while the trash is purged as usual. Once frozen it stays so until a `release` mark. */
  readonly frozen: () => Freeze | null;
}

export const dayMs = 86_400_000;

/**
 * How long an object has stood when its removal says something: four days and a half. Whoever keeps the last n backups
 * that share nothing removes objects that are n backups old; and since no night's begins to the second when the last
 * one did, 24 hours can hold a round more than a day has: of three nightly ones, two go. Of what is older than this it
 * is two of five at the most.
 */
export const standingMs = 108 * 3_600_000;

/** One object alone is no mass. */
const least = 2;

interface Live {
  readonly size: number;
  readonly since: number;
}

/**
 * A brake that is pulled when, within 24 hours of effective time, the source removed more than `share` (0 to 1)
 *  - of its snapshots: fewer are live than that leaves of the most there were;
 *  - of its bytes: the same of data objects; or what was removed of those that had long stood, however much came
 *    meanwhile, over what was live when the 24 hours began.
 * Locks never count, nor do index and keys: without data there is nothing in them. What was damaged or lost was not
 * removed by the source. Memory: an entry for each live data object and snapshot, and for each minute of a day.
 */
export const brake = (share: number): Brake => {
  const live = new Map<string, Live>();
  const snapshots = levelOver(dayMs);
  const bytes = levelOver(dayMs);
  const removedSnapshots = sumOver(dayMs);
  const removedObjects = sumOver(dayMs);
  const removedStanding = sumOver(dayMs);
  const windows = [snapshots, bytes, removedSnapshots, removedObjects, removedStanding];
  const runs = removalRuns(dayMs);
  // What damage took is left in the levels, and taken off when they are compared.
  const damaged = { snapshots: 0, bytes: 0 };
  let standing = 0;
  let frozen: Freeze | null = null;
  let startOfFreeze: ReturnType<Runs['first']> = null;

  const arrive = ({ at, record }: Timed): void => {
    if (!isChange(record) || !isCounted(record.id.type) || live.has(keyOf(record.id))) return;
    live.set(keyOf(record.id), { size: record.size, since: at });
    if (record.id.type === 'data') bytes.set(at, bytes.now() + record.size);
    else snapshots.set(at, snapshots.now() + 1);
  };

  const damage = ({ record }: Timed): void => {
    if (!isChange(record)) return;
    const object = live.get(keyOf(record.id));
    if (object === undefined) return;
    live.delete(keyOf(record.id));
    if (record.id.type === 'data') damaged.bytes += object.size;
    else damaged.snapshots += 1;
  };

  const remove = ({ seq, at, record }: Timed): void => {
    if (!isChange(record) || record.id.type === 'locks') return;
    runs.add({ seq, at }, record, { snapshots: snapshots.now(), bytes: bytes.now(), standing });
    const object = live.get(keyOf(record.id));
    if (object === undefined) return;
    live.delete(keyOf(record.id));
    if (record.id.type === 'snapshots') {
      removedSnapshots.add(at, 1);
      snapshots.set(at, snapshots.now() - 1);
    } else {
      removedObjects.add(at, 1);
      bytes.set(at, bytes.now() - object.size);
      if (at - object.since > standingMs) {
        removedStanding.add(at, object.size);
        standing += object.size;
      }
    }
    pull({ seq, at });
  };

  const pull = (to: Spot): void => {
    const found = tooMuch(to.at);
    if (found === null) return;
    startOfFreeze ??= runs.first(found.isBefore);
    if (startOfFreeze === null) return;
    const { spot, before } = startOfFreeze;
    frozen = {
      what: frozen?.what ?? found.what,
      share: Math.min(1, Math.max(found.share, frozen?.share ?? 0)),
      removed: runs.since(before),
      since: frozen?.since ?? to.at,
      from: spot,
      to,
    };
  };

  /** What was removed beyond the share within the day that ends at `at`, and which run of removals began before it. */
  const tooMuch = (at: number) => {
    const most = snapshots.highest(at);
    const fewer = most - snapshots.now();
    if (fewer > share * (most - damaged.snapshots) && fewer >= least && removedSnapshots.within(at) >= least) {
      const shareOf = fewer / (most - damaged.snapshots);
      return { what: 'snapshots', share: shareOf, isBefore: (then: Levels) => then.snapshots >= most } as const;
    }
    if (removedObjects.within(at) < least) return null;
    const peak = bytes.highest(at);
    const less = peak - bytes.now();
    if (less > share * (peak - damaged.bytes)) {
      // A prune that rewrites makes a peak of its own, which is no moment to go back to.
      const isBefore = (then: Levels): boolean => then.bytes >= peak - less / 4;
      return { what: 'bytes', share: less / (peak - damaged.bytes), isBefore } as const;
    }
    const gone = removedStanding.within(at);
    const then = bytes.atStart(at) - damaged.bytes;
    if (gone <= share * then) return null;
    const isBefore = (levels: Levels): boolean => standing - levels.standing >= gone * 0.9;
    return { what: 'bytes', share: gone / then, isBefore } as const;
  };

  const release = (): void => {
    frozen = null;
    startOfFreeze = null;
    for (const window of windows) window.clear();
    runs.clear();
  };

  return {
    add: (timed) => {
      const { op } = timed.record;
      if (op === 'put' || op === 'restore') arrive(timed);
      else if (op === 'trash') remove(timed);
      else if (op === 'release') release();
      else if ((op === 'quarantine' || op === 'lost') && timed.record.of === null) damage(timed);
    },
    frozen: () => frozen,
  };
};

const isCounted = (type: string): boolean => type === 'snapshots' || type === 'data';
