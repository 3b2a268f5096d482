import type { BigIntStats } from 'node:fs';
import type { Row } from './ledger.ts';
import type { MirrorArguments } from './pass.ts';
import { folderOf, joined, nameOf, type Raw, rawOf, toBytes } from './raw.ts';
import type { Source } from './source.ts';
import type { MirrorWorld } from './world.ts';

/** Where in the mirror a file belongs. One that was dated once keeps its folder, and an edit does not move it. */
export const wishFor = async (
  { args, world }: { readonly args: MirrorArguments; readonly world: Pick<MirrorWorld, 'dateOf'> },
  row: Row | undefined,
  { path, stat, source }: { readonly path: Raw; readonly stat: BigIntStats; readonly source: Source },
): Promise<Raw> => {
  if (args.layout === 'as-is') return path;
  if (row !== undefined) return joined(folderOf(row.place), nameOf(path));
  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, source.read(bytes, offset));
  };
  const about = { name: toBytes(path), size: Number(stat.size), mtimeMs: Number(stat.mtimeNs) / 1e6, read };
  const { year, month } = await world.dateOf({ ...about, timeZone: args.timeZone });
  const folder = `${String(year).padStart(4, '0')}/${String(month).padStart(2, '0')}`;
  return joined(rawOf(folder), nameOf(path));
};
