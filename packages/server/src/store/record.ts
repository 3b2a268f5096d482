import { isJsonObject, parseJson } from '@berth/common/parse-json.ts';
import { type ObjectId, parseObjectId } from './object.ts';
import { parseSeq, type Seq } from './seq.ts';

/** What can happen to an object. `of` is the place of the `trash` record whose file is meant, or null for the live one. */
export type Change =
  /** It arrived. `sha256` is that of `config`, which has no hash for a name; null for every other object. */
  | { readonly op: 'put'; readonly id: ObjectId; readonly size: number; readonly sha256: string | null }
  /** Its client deleted it: its file is in the trash under this record's place. */
  | { readonly op: 'trash'; readonly id: ObjectId; readonly size: number }
  /** It came back from the trash: a rewind. */
  | { readonly op: 'restore'; readonly id: ObjectId; readonly size: number; readonly of: Seq }
  /** It left the trash for good. */
  | { readonly op: 'purge'; readonly id: ObjectId; readonly size: number; readonly of: Seq }
  /** Its bytes were found not to be its own: its file is in quarantine under this record's place. */
  | { readonly op: 'quarantine'; readonly id: ObjectId; readonly size: number; readonly of: Seq | null }
  /** Its file was found to be gone, and nothing of ours had removed it. */
  | { readonly op: 'lost'; readonly id: ObjectId; readonly size: number; readonly of: Seq | null };

/** What is said of the clock and by an admin, to be found at its place among the changes. */
export type Mark =
  /** The server's clock is right here: what stands before this record happened no later than it. */
  | { readonly op: 'clock' }
  /** The clock had jumped and was back where it had been, which nobody confirmed: a purge writes it before it begins. */
  | { readonly op: 'settled' }
  /** The mass deletion before this record was meant. */
  | { readonly op: 'release' };

/** `at` is the server's clock, UTC, milliseconds since 1970. For people and purge; order is the record's place alone. */
export type ChangeRecord = Change & { readonly at: number };
export type MarkRecord = Mark & { readonly at: number };

/** One line of the journal. */
export type JournalRecord = ChangeRecord | MarkRecord;

export const marks = ['clock', 'settled', 'release'] as const;
export const operations = ['put', 'trash', 'restore', 'purge', 'quarantine', 'lost'] as const;
export type Operation = (typeof operations)[number];

/** True for what happened to an object, false for what an admin said. */
export const isChange = (record: JournalRecord): record is ChangeRecord =>
  record.op !== 'clock' && record.op !== 'settled' && record.op !== 'release';

/** True for what speaks of the clock. */
export const isClockMark = ({ op }: Pick<JournalRecord, 'op'>): boolean => op === 'clock' || op === 'settled';

/** The line, without its line feed, that `parseRecord` reads back. */
export const formatRecord = (record: JournalRecord): string => {
  const at = new Date(record.at).toISOString();
  if (!isChange(record)) return JSON.stringify({ at, op: record.op });
  const { op, id, size } = record;
  const more = {
    ...('of' in record && record.of !== null && { of: record.of }),
    ...('sha256' in record && record.sha256 !== null && { sha256: record.sha256 }),
  };
  return JSON.stringify({ at, op, type: id.type, name: id.name, size, ...more });
};

/**
 * The record on a line, or null for a line that is torn, empty or not a record. Written by hand rather than with zod,
 * because a session parses the journal's tail before its first answer.
 */
export const parseRecord = (line: string): JournalRecord | null => {
  const value = parseJson(line);
  if (!isJsonObject(value) || typeof value['at'] !== 'string') return null;
  const at = Date.parse(value['at']);
  if (Number.isNaN(at)) return null;
  const mark = marks.find((known) => known === value['op']);
  if (mark !== undefined) return { at, op: mark };
  const change = parseChange(value);
  return change === null ? null : { at, ...change };
};

const parseChange = ({ op, type, name, size, of, sha256 }: Record<string, unknown>): Change | null => {
  if (typeof type !== 'string' || typeof name !== 'string') return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null;
  const operation = operations.find((known) => known === op);
  const id = parseObjectId(type, name);
  if (operation === undefined || id === null) return null;
  const place = parseSeq(of);
  if (of !== undefined && place === null) return null;
  switch (operation) {
    case 'put':
      if (sha256 !== undefined && !isSha256(sha256)) return null;
      return { op: operation, id, size, sha256: sha256 ?? null };
    case 'trash':
      return { op: operation, id, size };
    case 'restore':
    case 'purge':
      return place === null ? null : { op: operation, id, size, of: place };
    case 'quarantine':
    case 'lost':
      return { op: operation, id, size, of: place };
  }
};

const isSha256 = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
