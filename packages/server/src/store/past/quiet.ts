import type { Disk } from '../disk.ts';
import { type Placed, readJournal } from '../journal-read.ts';
import { beginning, type Seq } from '../seq.ts';
import type { Past } from './past.ts';
import { type Gap, isQuiet, type LiveLock, staleLockMs, watchGaps } from './quiet-gaps.ts';

/** A moment at which nothing was under way. */
export interface QuietMoment {
  readonly place: Seq;
  /** It lasted from the record before it, UTC milliseconds; null when there is none. */
  readonly from: number | null;
  /** Until the record after it; null when there is none. */
  readonly to: number | null;
}

/** Whether something was under way at a moment, and when nothing was. */
export interface Quiet {
  /** When the record before the moment was written, UTC milliseconds; null when there is none. */
  readonly since: number | null;
  /** Locks that were live then, oldest first, with their age in milliseconds; none of those that restic itself takes for left behind. */
  readonly locks: readonly { readonly name: LiveLock['name']; readonly ageMs: number }[];
  /** It lies between removals that belong together: inside a forget, a prune, a wipe. */
  readonly removing: boolean;
  /** The nearest quiet moments with a repository; null where there is none. Both are null when the moment itself is quiet. */
  readonly before: QuietMoment | null;
  readonly after: QuietMoment | null;
}

/**
 * Looks around the moment of `past` in the journal in `folder`. `at` is its time, UTC milliseconds, or null for a moment
 * given by its place. Reads the journal once more and keeps nothing of it; `also` is shown each record too.
 */
export const readQuiet = async (args: {
  readonly disk: Disk;
  readonly folder: string;
  readonly past: Past;
  readonly at: number | null;
  readonly also?: (placed: Placed) => void;
}): Promise<Quiet> => {
  const { disk, folder, past, at, also } = args;
  const search = searchAround(past, at);
  await readJournal({
    ...{ disk, folder, from: beginning },
    // What was written since `past` was read is not in its times, and later than it.
    visit: (placed) => {
      if (placed.seq >= past.seen) return;
      search.add(placed);
      also?.(placed);
    },
  });
  return search.end();
};

const searchAround = (past: Past, at: number | null) => {
  const here = past.until ?? past.seen;
  let locks: readonly LiveLock[] = [];
  let own: Gap | null = null;
  let before: Gap | null = null;
  let after: Gap | null = null;
  const watch = watchGaps(past.times, (gap) => {
    if (gap.place === here) own = gap;
    else if (!isQuiet(gap) || !gap.repository) return;
    else if (gap.place < here) before = gap;
    else after ??= gap;
  });
  let looked = false;
  const look = (): void => {
    if (!looked) locks = watch.locks();
    looked = true;
  };
  return {
    add: (placed: Placed): void => {
      if (placed.seq >= here) look();
      watch.add(placed);
    },
    end: (): Quiet => {
      look();
      watch.end(past.seen);
      return quietOf({ own, before, after }, locks, at);
    },
  };
};

interface Found {
  readonly own: Gap | null;
  readonly before: Gap | null;
  readonly after: Gap | null;
}

const quietOf = ({ own, before, after }: Found, live: readonly LiveLock[], at: number | null): Quiet => {
  const now = at ?? own?.from ?? 0;
  const locks = live
    .map(({ name, since }) => ({ name, ageMs: Math.max(0, now - since) }))
    .filter(({ ageMs }) => ageMs < staleLockMs);
  const removing = own?.removing ?? false;
  const found = { since: own?.from ?? null, locks, removing };
  if (locks.length === 0 && !removing) return { ...found, before: null, after: null };
  return { ...found, before: momentOf(before), after: momentOf(after) };
};

const momentOf = (gap: Gap | null): QuietMoment | null =>
  gap === null ? null : { place: gap.place, from: gap.from, to: gap.to };
