import type { Disk } from '../disk.ts';
import { type Placed, readJournal } from '../journal-read.ts';
import { isChange, type JournalRecord } from '../record.ts';
import { beginning, type Seq } from '../seq.ts';
import { type Gap, isQuiet, staleLockMs, watchGaps } from './quiet-gaps.ts';
import { times } from './times.ts';

/** Objects and their bytes, locks left out. */
export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

/** What happened to a source between two quiet moments: one restic command, or a burst of something else. */
export interface Stretch {
  /** Its first and last record, UTC milliseconds by the server's clock. */
  readonly from: number;
  readonly to: number;
  readonly stored: Amount;
  /** Went to the trash. */
  readonly deleted: Amount;
  /** Came back from it: a rewind. */
  readonly returned: Amount;
  readonly snapshotsStored: number;
  readonly snapshotsDeleted: number;
  /** After it. */
  readonly snapshots: number;
  readonly live: Amount;
  /** It deleted at least half of the snapshots or of the bytes that were live before it. */
  readonly massDelete: boolean;
  /** The quiet moment behind it, to rewind or look to; null where it ended without one. */
  readonly quiet: Seq | null;
}

/** What stands idle this long has come to its end, lock or not. */
const pauseMs = 60_000;
/** Below this many, losing half of them is nothing unusual. */
const fewSnapshots = 2;

/**
 * What happened to a source, oldest first: the last `most` stretches in which anything but locks changed, and how many
 * there were before. Reads the journal in `folder` twice, and touches nothing.
 */
export const readHistory = async (
  disk: Disk,
  folder: string,
  most: number,
): Promise<{ readonly stretches: readonly Stretch[]; readonly earlier: number }> => {
  const written = times();
  const each = (visit: (placed: Placed) => void): Promise<Seq> => readJournal({ disk, folder, from: beginning, visit });
  const seen = await each(({ seq, record }) => written.add(seq, record));

  let stretches: Stretch[] = [];
  let earlier = 0;
  const account = openAccount((stretch) => {
    stretches.push(stretch);
    if (stretches.length < 2 * most) return;
    earlier += stretches.length - most;
    stretches = stretches.slice(-most);
  });
  const shown = queue<{ readonly at: number; readonly record: JournalRecord }>();
  const watch = watchGaps(written, (gap) => {
    // The gap behind a record is told of when it is known what follows; the record itself waits as long.
    if (gap.from !== null) {
      const next = shown.take();
      if (next !== null) account.add(next.record, next.at);
    }
    account.pause(gap);
  });
  await each((placed) => {
    if (placed.seq >= seen) return;
    watch.add(placed);
    shown.put({ at: written.of(placed.seq) ?? placed.record.at, record: placed.record });
  });
  watch.end(seen);
  earlier += Math.max(0, stretches.length - most);
  return { stretches: stretches.slice(-most), earlier };
};

const nothing: Amount = { objects: 0, bytes: 0 };
const plus = ({ objects, bytes }: Amount, size: number): Amount => ({ objects: objects + 1, bytes: bytes + size });
const minus = ({ objects, bytes }: Amount, size: number): Amount => ({
  objects: Math.max(0, objects - 1),
  bytes: Math.max(0, bytes - size),
});

/** Keeps the sums of the stretch that is under way, and hands it over when it ends. */
const openAccount = (hand: (stretch: Stretch) => void) => {
  let live = nothing;
  let snapshots = 0;
  let current: Stretch | null = null;
  let before = { live, snapshots };

  const add = (record: JournalRecord, at: number): void => {
    if (!isChange(record) || record.id.type === 'locks' || record.op === 'purge') return;
    const { op, size } = record;
    const isSnapshot = record.id.type === 'snapshots' ? 1 : 0;
    current ??= { ...empty, from: at };
    current = { ...current, to: at };
    if (op === 'put') {
      current = {
        ...current,
        stored: plus(current.stored, size),
        snapshotsStored: current.snapshotsStored + isSnapshot,
      };
    } else if (op === 'restore') current = { ...current, returned: plus(current.returned, size) };
    else if (op === 'trash') {
      const snapshotsDeleted = current.snapshotsDeleted + isSnapshot;
      current = { ...current, deleted: plus(current.deleted, size), snapshotsDeleted };
    } else if (record.of !== null) return;
    const arrives = op === 'put' || op === 'restore';
    live = arrives ? plus(live, size) : minus(live, size);
    snapshots = Math.max(0, snapshots + (arrives ? isSnapshot : -isSnapshot));
  };

  const pause = (gap: Gap): void => {
    if (current === null) return;
    const lasted = gap.to === null || gap.from === null ? Number.POSITIVE_INFINITY : gap.to - gap.from;
    const quiet = isQuiet(gap) && (gap.unlocked || lasted >= pauseMs);
    if (!quiet && lasted < staleLockMs) return;
    hand({ ...current, live, snapshots, massDelete: isMass(current, before), quiet: quiet ? gap.place : null });
    current = null;
    before = { live, snapshots };
  };
  return { add, pause };
};

const empty: Stretch = {
  ...{ from: 0, to: 0, stored: nothing, deleted: nothing, returned: nothing, live: nothing, quiet: null },
  ...{ snapshotsStored: 0, snapshotsDeleted: 0, snapshots: 0, massDelete: false },
};

const isMass = (
  { deleted, snapshotsDeleted }: Stretch,
  before: { readonly live: Amount; readonly snapshots: number },
): boolean =>
  (before.snapshots >= fewSnapshots && 2 * snapshotsDeleted >= before.snapshots) ||
  (before.live.bytes > 0 && 2 * deleted.bytes >= before.live.bytes);

/** First in, first out, without moving what waits. */
const queue = <Item>() => {
  let items: Item[] = [];
  let taken = 0;
  return {
    put: (item: Item): void => void items.push(item),
    take: (): Item | null => {
      const item = items[taken];
      taken += 1;
      if (taken > 10_000 && 2 * taken > items.length) {
        items = items.slice(taken);
        taken = 0;
      }
      return item ?? null;
    },
  };
};
