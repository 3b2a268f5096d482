import { z } from 'zod';
import { fromText, type Raw, rawOf } from '../mirror/raw.ts';
import type { Kept } from './verdict.ts';

/** What the job is told of the newest snapshot: which it is, its files in portions, and that these were all. */
export const listingLineSchema = z.union([
  z.object({ snapshot: z.object({ id: z.string().max(64), at: z.iso.datetime({ offset: true }) }) }).strict(),
  /** Path from the snapshot's top, size in bytes, UTC milliseconds. */
  z.object({ files: z.array(z.tuple([z.string(), z.number(), z.number()])) }).strict(),
  z.object({ complete: z.literal(true) }).strict(),
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
  let snapshot: { readonly id: string; readonly at: string } | null = null;
  for await (const line of lines) {
    const read = listingLineSchema.safeParse(line);
    if (!read.success) return null;
    if ('snapshot' in read.data) snapshot = read.data.snapshot;
    else if ('complete' in read.data) return snapshot === null ? null : { ...snapshot, files };
    else for (const [path, size, mtimeMs] of read.data.files) files.set(keyOf(path), { size, mtimeMs });
  }
  return null;
};

/** restic has `/DCIM/a.jpg` for what lies in `DCIM`. A name that is no UTF-8 it can not say in JSON, so none is found. */
const keyOf = (path: string): Raw => rawOf(fromText(path).replace(/^\/+/, ''));
