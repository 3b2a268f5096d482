import { basename } from 'node:path';
import { type Disk, nodeDisk } from '../../packages/server/src/store/disk.ts';
import { layoutOf } from '../../packages/server/src/store/layout.ts';
import { formatRecord, type JournalRecord } from '../../packages/server/src/store/record.ts';
import { type Month, monthOf, placeOf, type Seq } from '../../packages/server/src/store/seq.ts';

/** A journal in memory, written as the store writes one, and a disk on which nothing else is: thousands of them cost no time. */
export const memoryJournal = () => {
  const layout = layoutOf('/nowhere');
  const months = new Map<Month, string>();
  const nothing = (): never => {
    throw new Error('this disk has a journal, and nothing else');
  };
  const disk: Disk = {
    ...nodeDisk,
    createFile: nothing,
    openAppend: nothing,
    list: async (path) => (path === layout.journal ? [...months.keys()].map((month) => `${month}.jsonl`) : []),
    openRead: async (path) => {
      const text = months.get(monthOf(new Date(`${basename(path, '.jsonl')}-01T00:00:00Z`)));
      return readOnly(Buffer.from(text ?? nothing()));
    },
  };
  return {
    disk,
    layout,
    /** Adds a record and answers with its place. As in the store, a month that the clock has left behind is not written again. */
    append: (record: JournalRecord): Seq => {
      const today = monthOf(new Date(record.at));
      const newest = [...months.keys()].sort().at(-1);
      const month = newest !== undefined && newest > today ? newest : today;
      const text = months.get(month) ?? '';
      months.set(month, `${text}${formatRecord(record)}\n`);
      return placeOf(month, Buffer.byteLength(text));
    },
  };
};

const readOnly = (bytes: Buffer): Awaited<ReturnType<Disk['openRead']>> => {
  const read = async (chunk: Buffer, offset: number, length: number, position: number) => ({
    bytesRead: bytes.copy(chunk, offset, position, Math.min(bytes.length, position + length)),
    buffer: chunk,
  });
  const nothing = (): never => {
    throw new Error('a journal is only read');
  };
  // The store calls `read` in this one of its many forms.
  return {
    read: read as Awaited<ReturnType<Disk['openRead']>>['read'],
    stat: nothing,
    createReadStream: nothing,
    close: async () => undefined,
  };
};
