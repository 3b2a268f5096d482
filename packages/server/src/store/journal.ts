import { join } from 'node:path';
import type { AppendFile, Disk } from './disk.ts';
import { groupCommit } from './group-commit.ts';
import { journalMonths, type Placed, readJournal } from './journal-read.ts';
import { formatRecord, type JournalRecord } from './record.ts';
import { type Month, monthOf, type Seq } from './seq.ts';

/** A journal open for writing, by one session among several of the same source. */
export interface Journal {
  /**
   * Adds a record and answers with its place once it is on disk. Callers at the same time share one write and one
   * fsync. Fails with the disk's error; after a failed fsync every later call fails too, since what reached the disk
   * is then unknown.
   */
  readonly append: (record: JournalRecord) => Promise<Seq>;
  /** As `append`, for records that make sense only together: nothing but a power cut can part them. */
  readonly appendTogether: (records: readonly JournalRecord[]) => Promise<readonly Seq[]>;
  /** Resolves once every record that can be read now, another session's too, is on disk. Fails as `append` does. */
  readonly settled: () => Promise<void>;
  /** Reads what other sessions added since; `onRecord` has then seen every record up to now, in order. */
  readonly catchUp: () => Promise<void>;
  /** The place after the last record that `onRecord` has seen. */
  readonly seen: () => Seq;
  readonly close: () => Promise<void>;
}

/**
 * Ends a torn line as rubbish. Its record was never answered for, and may lack nothing but its line feed: whoever wrote
 * it has taken the change back or never made it, so it must not come true later.
 */
const struckOut = '#';

interface Waiting {
  readonly line: string;
  seq: Seq | null;
}

/**
 * Opens the journal in `folder`. `onRecord` first sees every record from `from` on, and then each later one, ours and
 * other sessions', in the journal's order, exactly once. Unreadable lines are skipped: a torn last line is what a
 * power cut leaves.
 */
export const openJournal = async (args: {
  readonly folder: string;
  readonly disk: Disk;
  readonly now: () => Date;
  readonly from: Seq;
  readonly onRecord: (placed: Placed) => void;
}): Promise<Journal> => {
  const { folder, disk, now, onRecord } = args;
  let seen = args.from;
  let file: { readonly month: Month; readonly handle: AppendFile } | null = null;
  let waiting: Waiting[] = [];
  let fault: unknown = null;
  /** A short write, or a power cut before us, left a line without its end: the next record must not continue it. */
  let torn = true;

  /** Our lines that are written and not yet read back, by their text. */
  const unplaced = new Map<string, Waiting>();
  let reading: Promise<void> = Promise.resolve();

  const visit = (placed: Placed): void => {
    const mine = unplaced.get(placed.line);
    if (mine !== undefined) mine.seq = placed.seq;
    onRecord(placed);
  };

  /** Readings follow one another, so that every record is seen once. */
  const catchUp = (): Promise<void> => {
    const read = async (): Promise<void> => {
      seen = await readJournal({ disk, folder, from: seen, visit });
    };
    const mine = reading.then(read);
    reading = mine.catch(() => undefined);
    return mine;
  };

  /** The file to write: this month's, or the newest there is when the clock has gone back behind it. */
  const current = async (): Promise<AppendFile> => {
    const newest = (await journalMonths(disk, folder)).at(-1);
    const today = monthOf(now());
    const month = newest !== undefined && newest > today ? newest : today;
    if (file?.month === month) return file.handle;
    await file?.handle.close();
    file = null;
    const handle = await disk.openAppend(join(folder, `${month}.jsonl`));
    try {
      torn = !(await endsWithLineFeed(handle));
      await lasting(() => disk.syncFolder(folder));
    } catch (error) {
      await handle.close();
      throw error;
    }
    file = { month, handle };
    return handle;
  };

  /** Of a sync that failed nothing is known any more, and the next one would say that all is well: it stays failed. */
  const lasting = async (sync: () => Promise<void>): Promise<void> => {
    if (fault !== null) throw fault;
    try {
      await sync();
    } catch (error) {
      fault = error;
      throw error;
    }
  };

  /** Writes all that wait with one write, syncs that and what others wrote before it, and finds where they landed among other sessions' records. */
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (fault !== null) throw fault;
    const handle = await current();
    if (batch.length === 0) return lasting(() => handle.sync());
    const lines = batch.map(({ line }) => `${line}\n`).join('');
    const bytes = Buffer.from(torn ? `${struckOut}\n${lines}` : lines);
    torn = true;
    const written = await handle.append(bytes);
    if (written !== bytes.length) throw Object.assign(new Error('the journal was cut short'), { code: 'ENOSPC' });
    torn = false;
    await lasting(() => handle.sync());
    await catchUp();
  };

  const commit = groupCommit(flush);

  const appendTogether = async (records: readonly JournalRecord[]): Promise<readonly Seq[]> => {
    const entries = records.map((record): Waiting => ({ line: formatRecord(record), seq: null }));
    waiting.push(...entries);
    for (const entry of entries) unplaced.set(entry.line, entry);
    try {
      await commit();
    } finally {
      for (const { line } of entries) unplaced.delete(line);
    }
    return entries.map(({ seq }) => {
      if (seq === null) throw new Error(`the journal in ${folder} does not hold what was just written to it`);
      return seq;
    });
  };

  const append = async (record: JournalRecord): Promise<Seq> => {
    const [seq] = await appendTogether([record]);
    if (seq === undefined) throw new Error('a record has a place');
    return seq;
  };

  await catchUp();
  return {
    append,
    appendTogether,
    settled: commit,
    catchUp,
    seen: () => seen,
    close: async () => {
      await file?.handle.close();
      file = null;
    },
  };
};

const endsWithLineFeed = async (handle: AppendFile): Promise<boolean> => {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] === 0x0a;
};
