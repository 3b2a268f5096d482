import { join } from 'node:path';
import { isJsonObject, parseJson } from '@berth/common/parse-json.ts';
import type { Disk } from './disk.ts';
import type { JournalRecord } from './record.ts';
import { beginning, parseSeq, type Seq } from './seq.ts';

/** How much there is of something: bytes as stored, and objects. */
export interface Amount {
  readonly bytes: number;
  readonly objects: number;
}

/** What a source occupies. The two are counted apart, because only `live` is what its client asked to keep. */
export interface Usage {
  readonly live: Amount;
  readonly trash: Amount;
}

/** The usage after every record before `seq`, so that no start has to walk the disk or read the whole journal. */
export interface Checkpoint {
  readonly seq: Seq;
  readonly usage: Usage;
}

const nothing: Amount = { bytes: 0, objects: 0 };

/** Where the counting begins when there is no checkpoint. */
export const emptyCheckpoint: Checkpoint = { seq: beginning, usage: { live: nothing, trash: nothing } };

/** The usage after one more record. What is in quarantine counts as neither: no client asked for it. */
export const countRecord = (usage: Usage, record: JournalRecord): Usage => {
  const { live, trash } = usage;
  switch (record.op) {
    case 'put':
      return { live: more(live, record.size), trash };
    case 'trash':
      return { live: less(live, record.size), trash: more(trash, record.size) };
    case 'restore':
      return { live: more(live, record.size), trash: less(trash, record.size) };
    case 'purge':
      return { live, trash: less(trash, record.size) };
    case 'quarantine':
    case 'lost':
      return record.of === null ? { live: less(live, record.size), trash } : { live, trash: less(trash, record.size) };
    case 'clock':
    case 'settled':
    case 'release':
      return usage;
  }
};

const more = ({ bytes, objects }: Amount, size: number): Amount => ({ bytes: bytes + size, objects: objects + 1 });
const less = ({ bytes, objects }: Amount, size: number): Amount => ({
  bytes: Math.max(0, bytes - size),
  objects: Math.max(0, objects - 1),
});

const fileName = 'usage.json';

/** The newest checkpoint in the journal's `folder`, or the empty one when it is missing or is not one. */
export const readCheckpoint = async (disk: Disk, folder: string): Promise<Checkpoint> => {
  const path = join(folder, fileName);
  const size = await disk.size(path);
  if (size === null || size > 4096) return emptyCheckpoint;
  const file = await disk.openRead(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    return parseCheckpoint(buffer.toString('utf8', 0, bytesRead)) ?? emptyCheckpoint;
  } finally {
    await file.close();
  }
};

/** Replaces the checkpoint in the journal's `folder`, durably; `temporary` is a path of the same file system to write it at first. */
export const writeCheckpoint = async (
  disk: Disk,
  folder: string,
  temporary: string,
  checkpoint: Checkpoint,
): Promise<void> => {
  const file = await disk.createFile(temporary);
  try {
    await file.writev([Buffer.from(`${JSON.stringify(checkpoint)}\n`)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, join(folder, fileName));
  await disk.syncFolder(folder);
};

const parseCheckpoint = (text: string): Checkpoint | null => {
  const value = parseJson(text);
  if (!isJsonObject(value) || !isJsonObject(value['usage'])) return null;
  const seq = parseSeq(value['seq']);
  const live = parseAmount(value['usage']['live']);
  const trash = parseAmount(value['usage']['trash']);
  return seq !== null && live !== null && trash !== null ? { seq, usage: { live, trash } } : null;
};

const parseAmount = (value: unknown): Amount | null => {
  if (!isJsonObject(value)) return null;
  const { bytes, objects } = value;
  return isCount(bytes) && isCount(objects) ? { bytes, objects } : null;
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
