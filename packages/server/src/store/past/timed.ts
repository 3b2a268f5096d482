import type { Disk } from '../disk.ts';
import { type Placed, readJournal } from '../journal-read.ts';
import { isClockMark } from '../record.ts';
import { beginning, type Seq } from '../seq.ts';

/** A record with what is known of when it was written. UTC milliseconds. */
export interface Timed extends Pick<Placed, 'seq' | 'record'> {
  /** As `times.ts` says: what a person is told, and what windows of time are counted by. */
  readonly at: number;
  /**
   * The latest it can have been written, which is what purge goes by: wrong, it would only be too late. Null while
   * nobody can say: the clock stood more than a day behind an earlier record, has not come back to that since, and no
   * admin has confirmed it.
   */
  readonly atLatest: number | null;
}

/** Where something is known of the clock: no record before `seq` is younger than `at`. */
interface Known {
  readonly seq: Seq;
  readonly at: number;
}

/** What a journal tells of its clock besides the times in it, in its order. */
export interface ClockHistory {
  /** The time was settled: an admin confirmed it, or it was back where it had been. */
  readonly marked: readonly Known[];
  /** Those of them that an admin confirmed. */
  readonly confirmed: readonly Known[];
  /** The clock was back where it had been, after it had stood behind. */
  readonly back: readonly Known[];
}

/** How far a clock may go back without its time being doubted: summer time, a bad battery, a first look at a time server. */
const doubtMs = 86_400_000;

/**
 * Shows `visit` every record of the journal in `folder`, in order, with its times. Reads it twice, since a confirmation
 * of the clock speaks of what stands before it; holds none of it. Answers with the place after the last record.
 */
export const readTimed = async (disk: Disk, folder: string, visit: (timed: Timed) => void): Promise<Seq> => {
  const history = clockHistory();
  const end = await readJournal({ disk, folder, from: beginning, visit: history.add });
  const time = timing(history);
  // What is written between the two readings could be the next confirmation.
  const known = (placed: Placed): void => (placed.seq < end ? visit(time(placed)) : undefined);
  await readJournal({ disk, folder, from: beginning, visit: known });
  return end;
};

type Add<Answer> = (placed: Pick<Placed, 'seq' | 'record'>) => Answer;

/** What the clock has said so far: the latest time since it was last confirmed, and whether it stands far behind that. */
const follow = (): Add<{ readonly latest: number; readonly isBehind: boolean }> => {
  let latest = Number.NEGATIVE_INFINITY;
  return ({ record: { op, at } }) => {
    if (isClockMark({ op })) latest = Math.min(latest, at);
    const isBehind = at < latest - doubtMs;
    latest = Math.max(latest, at);
    return { latest, isBehind };
  };
};

/** The history of a clock, from every record of a journal in order. */
export const clockHistory = (): ClockHistory & { readonly add: Add<void> } => {
  const marked: Known[] = [];
  const confirmed: Known[] = [];
  const back: Known[] = [];
  const clock = follow();
  let wasBehind = false;
  const add: Add<void> = ({ seq, record }) => {
    const { latest, isBehind } = clock({ seq, record });
    if (isClockMark(record)) {
      marked.push({ seq, at: record.at });
      if (record.op === 'clock') confirmed.push({ seq, at: record.at });
    } else if (wasBehind && !isBehind) back.push({ seq, at: latest });
    wasBehind = isBehind;
  };
  return { marked, confirmed, back, add };
};

/** Gives each record of a journal its times, in order. */
export const timing = ({ marked, confirmed, back }: ClockHistory): Add<Timed> => {
  const limitAt = firstFrom(limitsBy(marked));
  const confirmedAt = firstFrom(limitsBy(confirmed));
  const backAt = firstFrom(back);
  const clock = follow();
  return ({ seq, record }) => {
    const { latest, isBehind } = clock({ seq, record });
    // At a confirmation itself, the limit is its own time.
    const limit = limitAt(seq);
    const at = Math.min(latest, limit ?? latest);
    // What stands before a mark can be as young as that: the clock may have been behind until then. One that nobody
    // confirmed may have been written by a clock that was behind itself, so an admin's word, where there is one, decides.
    return { seq, record, at, atLatest: confirmedAt(seq) ?? limit ?? (isBehind ? backAt(seq) : at) };
  };
};

const limitsBy = (marks: readonly Known[]): readonly Known[] =>
  marks.map(({ seq }, index) => ({ seq, at: earliest(marks.slice(index)) }));

/** Nothing before one mark is younger than what it, or a later one, says. */
const earliest = (confirmed: readonly Known[]): number =>
  confirmed.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);

/** For places in order, the time of the first of `all` that stands there or later; null behind the last. */
const firstFrom = (all: readonly Known[]): ((seq: Seq) => number | null) => {
  let next = 0;
  return (seq) => {
    while ((all[next]?.seq ?? seq) < seq) next += 1;
    return all[next]?.at ?? null;
  };
};
