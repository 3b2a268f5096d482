import type { Spot } from '../purge/window.ts';
import type { Change } from '../record.ts';

/** How much was removed. `snapshots` are among the objects. */
export interface Removed {
  readonly objects: number;
  readonly bytes: number;
  readonly snapshots: number;
}

/** How much there was when a run of removals began. */
export interface Levels {
  readonly snapshots: number;
  readonly bytes: number;
  /** Bytes of all objects ever removed that had long stood. */
  readonly standing: number;
}

interface Run {
  readonly spot: Spot;
  readonly levels: Levels;
  /** All that had ever been removed when it began. */
  readonly before: Removed;
  last: number;
}

/**
 * Removals in runs: each follows the one before within ten minutes, and a run lasts an hour at most. So the moment to go
 * back to is the start of a run, before an attacker's first removal, whichever object it was; and not the night before.
 */
export interface Runs {
  readonly add: (spot: Spot, removed: Change, levels: Levels) => void;
  /** The latest run that began with levels for which `isBefore` holds; else the first of the span. Null without any. */
  readonly first: (isBefore: (levels: Levels) => boolean) => Run | null;
  /** All that was removed since `before`. */
  readonly since: (before: Removed) => Removed;
  readonly clear: () => void;
}

const longestGapMs = 600_000;
const longestRunMs = 3_600_000;

/** Runs within the last `spanMs`. */
export const removalRuns = (spanMs: number): Runs => {
  let runs: Run[] = [];
  let total: Removed = { objects: 0, bytes: 0, snapshots: 0 };
  return {
    add: (spot, { id, size }, levels) => {
      const last = runs.at(-1);
      if (last !== undefined && spot.at - last.last <= longestGapMs && spot.at - last.spot.at <= longestRunMs) {
        last.last = spot.at;
      } else {
        runs = runs.filter((run) => run.last > spot.at - spanMs);
        runs.push({ spot, levels, before: total, last: spot.at });
      }
      total = {
        objects: total.objects + 1,
        bytes: total.bytes + size,
        snapshots: total.snapshots + (id.type === 'snapshots' ? 1 : 0),
      };
    },
    first: (isBefore) => runs.findLast(({ levels }) => isBefore(levels)) ?? runs[0] ?? null,
    since: (before) => ({
      objects: total.objects - before.objects,
      bytes: total.bytes - before.bytes,
      snapshots: total.snapshots - before.snapshots,
    }),
    clear: () => {
      runs = [];
    },
  };
};
