import { isJsonObject, parseJson } from '@berth/common/parse-json.ts';
import { type ObjectId, parseObjectId } from './object.ts';

/** What happened to an object: it arrived, it was deleted, it came back from the trash, it left the trash for good. */
export const operations = ['put', 'trash', 'restore', 'purge'] as const;
export type Operation = (typeof operations)[number];

/** One line of the journal. */
export interface JournalRecord {
  /** The server's clock, UTC, milliseconds since 1970. For people and purge; order is the record's place alone. */
  readonly at: number;
  readonly op: Operation;
  readonly id: ObjectId;
  /** The object's size in bytes. */
  readonly size: number;
}

/** The line, without its line feed, that `parseRecord` reads back. */
export const formatRecord = ({ at, op, id, size }: JournalRecord): string =>
  JSON.stringify({ at: new Date(at).toISOString(), op, type: id.type, name: id.name, size });

/**
 * The record on a line, or null for a line that is torn, empty or not a record. Written by hand rather than with zod,
 * because a session parses the journal's tail before its first answer.
 */
export const parseRecord = (line: string): JournalRecord | null => {
  const value = parseJson(line);
  if (!isJsonObject(value)) return null;
  const { at, op, type, name, size } = value;
  if (typeof at !== 'string' || typeof type !== 'string' || typeof name !== 'string') return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null;
  const time = Date.parse(at);
  const operation = operations.find((known) => known === op);
  const id = parseObjectId(type, name);
  if (Number.isNaN(time) || operation === undefined || id === null) return null;
  return { at: time, op: operation, id, size };
};
