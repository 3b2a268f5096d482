import { z } from 'zod';
import { fromText, type Raw, rawOf } from '../mirror/raw.ts';
import { listProgressSchema } from '../restic/calls.ts';
import type { Kept } from './verdict.ts';

/** What the job is told of the newest snapshot: all of its files in portions, as the `list` job says them, and then which it was. */
export const listingLineSchema = z.union([
  listProgressSchema,
  /** Null where there is no snapshot. */
  z.object({ listed: z.object({ id: z.string().max(64), at: z.iso.datetime({ offset: true }) }).nullable() }),
]);
export type ListingLine = z.output<typeof listingLineSchema>;

/** A snapshot, and what it holds by the path below the phone's folder. */
export interface Listing {
  readonly id: string;
  readonly at: string;
  readonly files: ReadonlyMap<Raw, Kept>;
}

/** Null where there is no snapshot; and where the list ended early, because half of it proves nothing. */
export const readListing = async (lines: AsyncIterable<unknown>): Promise<Listing | null> => {
  const files = new Map<Raw, Kept>();
  for await (const line of lines) {
    const read = listingLineSchema.safeParse(line);
    if (!read.success) return null;
    if ('listed' in read.data) return read.data.listed === null ? null : { ...read.data.listed, files };
    for (const { path, kind, size, mtimeMs } of read.data.entries)
      if (kind === 'file') files.set(keyOf(path), { size, mtimeMs });
  }
  return null;
};

/** restic has `/DCIM/a.jpg` for what lies in `DCIM`. A name that is no UTF-8 it can not say in JSON, so none is found. */
const keyOf = (path: string): Raw => rawOf(fromText(path).replace(/^\/+/, ''));
