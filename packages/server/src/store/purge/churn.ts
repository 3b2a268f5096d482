import { keyOf } from '../past/fold.ts';
import type { Timed } from '../past/timed.ts';
import { isChange } from '../record.ts';
import { dayMs, standingMs } from './brake.ts';
import { levelOver, type Spot, sumOver } from './window.ts';

/** Something about a source's snapshots that is seldom honest. It stops no purge: a person is to look. */
export type Oddity =
  /** More snapshots arrived within a day than it ever sends. */
  | {
      readonly kind: 'burst';
      readonly snapshots: number;
      /** How many arrive on a day on which any does, over the 30 days before; null while it is too new to say. */
      readonly usual: number | null;
      readonly first: Spot;
      readonly last: Spot;
    }
  /** Snapshots that had long stood went while others came, so that their number hides it. */
  | {
      readonly kind: 'backdated';
      readonly removed: number;
      /** How many there were when that day began. */
      readonly of: number;
      readonly first: Spot;
      readonly last: Spot;
    };

/** Looks at the snapshots of one source, over its journal. */
export interface Churn {
  readonly add: (timed: Timed) => void;
  /** What began or went on after `since`, effective time. The latest of each kind. */
  readonly oddities: (since: number) => readonly Oddity[];
}

/** So many snapshots within a day are a burst, unless the source sends more than half as many every day. */
const manySnapshots = 100;
/** So many times the usual are one too, from this number on. */
const manyTimes = 10;
const fewSnapshots = 20;
/** The days with snapshots after which a source has a usual. */
const leastDays = 7;
const least = 2;
/** How far back "usual" looks for churn: policies that look like it do so every day. */
const habitMs = 7 * dayMs;

/**
 * `share` (0 to 1) is the brake's. A `release` mark begins anew: an admin knows what was before it. Memory: an entry
 * for each live snapshot, and for each minute of a day.
 */
export const churn = (share: number): Churn => {
  const bursts = burstWatch();
  const backdated = backdatedWatch(share);
  return {
    add: (timed) => {
      const { record } = timed;
      if (record.op !== 'release' && !(isChange(record) && record.id.type === 'snapshots')) return;
      bursts.add(timed);
      backdated.add(timed);
    },
    oddities: (since) =>
      [bursts.latest(), backdated.latest()].filter((oddity) => oddity !== null).filter(({ last }) => last.at > since),
  };
};

interface Watch {
  readonly add: (timed: Timed) => void;
  readonly latest: () => Oddity | null;
}

const burstWatch = (): Watch => {
  const day = recent();
  let days: { readonly day: number; count: number }[] = [];
  let latest: Oddity | null = null;

  const arrive = ({ seq, at }: Spot): void => {
    day.add({ seq, at });
    const today = Math.floor(at / dayMs);
    const last = days.at(-1);
    if (last?.day === today) last.count += 1;
    else days.push({ day: today, count: 1 });
    // Today and yesterday are what is looked at, in part.
    const before = days.filter((each) => each.day < today - 1 && each.day >= today - 31);
    days = days.filter((each) => each.day >= today - 31);
    const usual = before.length < leastDays ? null : before.reduce((sum, { count }) => sum + count, 0) / before.length;
    const snapshots = day.count(at);
    const isMany = snapshots > manySnapshots && snapshots > 2 * (usual ?? 0);
    const isUnusual = usual !== null && snapshots >= fewSnapshots && snapshots > manyTimes * usual;
    if (isMany || isUnusual) latest = { kind: 'burst', snapshots, usual, first: day.first(), last: { seq, at } };
  };
  return {
    add: ({ seq, at, record }) => {
      if (record.op === 'put') arrive({ seq, at });
      else if (record.op === 'release') {
        latest = null;
        day.clear();
      }
    },
    latest: () => latest,
  };
};

const backdatedWatch = (share: number): Watch => {
  const since = new Map<string, number>();
  const level = levelOver(dayMs);
  const removed = recent();
  /** When it looked like churn lately, by the hour. */
  let habit: number[] = [];
  let latest: Oddity | null = null;

  const remove = ({ seq, at }: Spot, arrivedAt: number): void => {
    const before = level.atStart(at);
    level.set(at, level.now() - 1);
    if (at - arrivedAt <= standingMs) return;
    removed.add({ seq, at });
    const count = removed.count(at);
    if (count < least || count <= share * before) return;
    habit = habit.filter((time) => time > at - dayMs - habitMs);
    const isHabit = habit.some((time) => time <= at - dayMs);
    if (at - (habit.at(-1) ?? Number.NEGATIVE_INFINITY) > 3_600_000) habit.push(at);
    // Without others that came, the brake sees it.
    const hidden = level.highest(at) - level.now() <= share * level.highest(at);
    if (hidden && !isHabit)
      latest = { kind: 'backdated', removed: count, of: before, first: removed.first(), last: { seq, at } };
  };
  return {
    add: ({ seq, at, record }) => {
      if (record.op === 'release') {
        latest = null;
        level.clear();
        removed.clear();
        return;
      }
      if (!isChange(record)) return;
      const key = keyOf(record.id);
      const arrivedAt = since.get(key);
      if (record.op === 'put' || record.op === 'restore') {
        if (arrivedAt !== undefined) return;
        since.set(key, at);
        level.set(at, level.now() + 1);
      } else if (arrivedAt !== undefined && !('of' in record && record.of !== null)) {
        since.delete(key);
        if (record.op === 'trash') remove({ seq, at }, arrivedAt);
        else level.set(at, level.now() - 1);
      }
    },
    latest: () => latest,
  };
};

/** How often something happened within a day, and where it first did. */
const recent = () => {
  const count = sumOver(dayMs);
  let spots: Spot[] = [];
  return {
    add: (spot: Spot): void => {
      count.add(spot.at, 1);
      spots = spots.filter(({ at }) => at > spot.at - dayMs);
      // One for each minute is enough to say when it began.
      if (spot.at - (spots.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= 60_000) spots.push(spot);
    },
    count: (at: number): number => count.within(at),
    first: (): Spot => {
      const [spot] = spots;
      if (spot === undefined) throw new Error('nothing has happened yet');
      return spot;
    },
    clear: (): void => {
      count.clear();
      spots = [];
    },
  };
};
