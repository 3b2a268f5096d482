import { join } from 'node:path';
import type { Disk, ReadFile } from './disk.ts';
import type { ObjectId } from './object.ts';
import { isChange, type JournalRecord, type Operation, parseRecord } from './record.ts';
import { beginning, type Month, parseMonth, partsOf, placeOf, type Seq } from './seq.ts';

/** A record, the place it stands at, and the line as it is written there, without its line feed. */
export interface Placed {
  readonly seq: Seq;
  readonly record: JournalRecord;
  readonly line: string;
}

/**
 * Shows `visit` every record from the place `from` to the journal's end, in order, and answers with the place after
 * the last whole line. Lines that are no records are skipped; a last line without its end is left for the next reading.
 */
export const readJournal = async (args: {
  readonly disk: Disk;
  readonly folder: string;
  readonly from: Seq;
  readonly visit: (placed: Placed) => void;
  /** Hears of each line that is no record, and is not empty, by the place it begins at. */
  readonly skipped?: (seq: Seq, line: string) => void;
}): Promise<Seq> => {
  const { disk, folder, from, visit, skipped } = args;
  const start = from === beginning ? null : partsOf(from);
  let end = from;
  for (const month of await journalMonths(disk, folder)) {
    if (start !== null && month < start.month) continue;
    const offset = start?.month === month ? start.offset : 0;
    await using file = await closing(disk.openRead(join(folder, `${month}.jsonl`)));
    end = placeOf(month, await readLines(file.handle, month, offset, visit, skipped));
  }
  return end;
};

/** What happened last to `id` outside the trash, or null when the journal does not know it. Reads the newest month first. */
export const lastOperation = async (disk: Disk, folder: string, id: ObjectId): Promise<Operation | null> => {
  for (const month of (await journalMonths(disk, folder)).toReversed()) {
    let last: Operation | null = null;
    await using file = await closing(disk.openRead(join(folder, `${month}.jsonl`)));
    await readLines(file.handle, month, 0, ({ record }) => {
      if (!isChange(record) || record.id.type !== id.type || record.id.name !== id.name) return;
      // A purge, or damage, of a copy in the trash says nothing of the live object.
      if (record.op !== 'purge' && !('of' in record && record.op !== 'restore' && record.of !== null)) last = record.op;
    });
    if (last !== null) return last;
  }
  return null;
};

/** True when a record could begin at `seq`: at the start of a line or at the end of a journal file. */
export const isPlace = async (disk: Disk, folder: string, seq: Seq): Promise<boolean> => {
  if (seq === beginning) return true;
  const { month, offset } = partsOf(seq);
  const path = join(folder, `${month}.jsonl`);
  const size = await disk.size(path);
  if (size === null || size < offset) return false;
  if (offset === 0) return true;
  await using file = await closing(disk.openRead(path));
  const { buffer, bytesRead } = await file.handle.read(Buffer.alloc(1), 0, 1, offset - 1);
  return bytesRead === 1 && buffer[0] === lineFeed;
};

/** The months that `folder` has a journal file for, oldest first. */
export const journalMonths = async (disk: Disk, folder: string): Promise<readonly Month[]> =>
  (await disk.list(folder))
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => parseMonth(name.slice(0, -'.jsonl'.length)))
    .filter((month) => month !== null)
    .sort();

const chunkBytes = 256 * 1024;
const lineFeed = 0x0a;
/** No record is this long; a longer line is rubbish that must not pile up in memory. */
const longestLineBytes = 4096;

/** Answers with the offset after the last line feed. */
const readLines = async (
  handle: ReadFile,
  month: Month,
  offset: number,
  visit: (placed: Placed) => void,
  skipped?: (seq: Seq, line: string) => void,
): Promise<number> => {
  const chunk = Buffer.alloc(chunkBytes);
  let rest: Buffer = Buffer.alloc(0);
  let lineStart = offset;
  let position = offset;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return lineStart;
    position += bytesRead;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
      const line = bytes.toString('utf8', from, end);
      const record = parseRecord(line);
      if (record !== null) visit({ seq: placeOf(month, lineStart), record, line });
      else if (line !== '') skipped?.(placeOf(month, lineStart), line);
      lineStart += end - from + 1;
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > longestLineBytes) {
      skipped?.(placeOf(month, lineStart), rest.toString('utf8', 0, longestLineBytes));
      lineStart += rest.length;
      rest = Buffer.alloc(0);
    }
  }
};

const closing = async (opening: Promise<ReadFile>) => {
  const handle = await opening;
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
};
