import type { Disk } from './disk.ts';
import { type Placed, readJournal } from './journal-read.ts';
import { beginning, type Seq } from './seq.ts';

/** A record with what is known of when it was written. UTC milliseconds. */
export interface Timed extends Pick<Placed, 'seq' | 'record'> {
  /** As `times.ts` says: what a person is told, and what windows of time are counted by. */
  readonly at: number;
  /**
   * The latest it can have been written, which is what purge goes by: wrong, it would only be too late. Null while
   * nobody can say: the clock stood more than a day behind an earlier record, and no admin has confirmed it since.
   */
  readonly atLatest: number | null;
}

/** A record of an admin's confirmation that the clock was right at this place. */
interface Confirmation {
  readonly seq: Seq;
  readonly at: number;
}

/** How far a clock may go back without its time being doubted: summer time, a bad battery, a first look at a time server. */
const doubtMs = 86_400_000;

/**
 * Shows `visit` every record of the journal in `folder`, in order, with its times. Reads it twice, since a confirmation
 * of the clock speaks of what stands before it; holds none of it. Answers with the place after the last record.
 */
export const readTimed = async (disk: Disk, folder: string, visit: (timed: Timed) => void): Promise<Seq> => {
  const confirmations: Confirmation[] = [];
  const end = await readJournal({
    disk,
    folder,
    from: beginning,
    visit: ({ seq, record }) => {
      if (record.op === 'clock') confirmations.push({ seq, at: record.at });
    },
  });
  const time = timing(confirmations);
  // What is written between the two readings could be the next confirmation.
  const known = (placed: Placed): void => (placed.seq < end ? visit(time(placed)) : undefined);
  await readJournal({ disk, folder, from: beginning, visit: known });
  return end;
};

/** Gives each record of a journal its times, in order; `confirmations` are all its `clock` records, in order. */
export const timing = (confirmations: readonly Confirmation[]): ((placed: Pick<Placed, 'seq' | 'record'>) => Timed) => {
  const limits = limitsOf(confirmations);
  let next = 0;
  let latest = Number.NEGATIVE_INFINITY;
  return ({ seq, record }) => {
    while (next < confirmations.length && (confirmations[next]?.seq ?? seq) < seq) next += 1;
    if (record.op === 'clock') latest = Math.min(latest, record.at);
    const doubtful = record.at < latest - doubtMs;
    latest = Math.max(latest, record.at);
    // At a confirmation itself, the limit is its own time.
    const limit = limits[next] ?? null;
    const at = Math.min(latest, limit ?? latest);
    // What stands before a confirmation can be as young as that: the clock may have been behind until then.
    return { seq, record, at, atLatest: limit ?? (doubtful ? null : at) };
  };
};

/** Of each confirmation, the earliest time that it or a later one names: nothing before it is younger. */
const limitsOf = (confirmations: readonly Confirmation[]): readonly number[] => {
  const limits: number[] = [];
  let limit = Number.POSITIVE_INFINITY;
  for (const { at } of confirmations.toReversed()) {
    limit = Math.min(limit, at);
    limits.push(limit);
  }
  return limits.reverse();
};
