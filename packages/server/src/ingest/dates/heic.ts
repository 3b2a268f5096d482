import type { Bounded } from './bounded.ts';
import { boxesIn, boxOf } from './boxes.ts';

/** No phone writes more; the thumbnail in it is most of it. */
const mostExif = 256 * 1024;

/**
 * The EXIF block of a HEIC or AVIF photo, from its TIFF header on; null where there is none. It may lie anywhere in the file: `meta` says
 * where (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, A.2.1), and only that much is read. May throw, on files that are not what they say.
 *
 * Our own, though exifreader can do it, because that needs the whole file in memory.
 */
export const heicExif = (file: Bounded): Buffer | null => {
  const meta = boxOf(file, 'meta', 0, file.size);
  if (meta === undefined) return null;
  const [start, end] = [meta.start + 4, meta.end];
  const items = boxOf(file, 'iinf', start, end);
  const places = boxOf(file, 'iloc', start, end);
  if (items === undefined || places === undefined) return null;
  const item = exifItem(file, items);
  const place =
    item === null ? null : placeOf(file.at(places.start, Math.min(mostExif, places.end - places.start)), item);
  if (place === null) return null;
  const from = place.isInside ? boxOf(file, 'idat', start, end)?.start : 0;
  if (from === undefined) return null;
  const block = file.at(from + place.offset, Math.min(place.length, mostExif));
  return block.subarray(4 + block.readUInt32BE(0));
};

/** The number of the item that is EXIF. */
const exifItem = (file: Bounded, items: { readonly start: number; readonly end: number }): number | null => {
  const countBytes = file.at(items.start, 1)[0] === 0 ? 2 : 4;
  for (const entry of boxesIn(file, items.start + 4 + countBytes, items.end)) {
    const about = file.at(entry.start, 14);
    const idBytes = about[0] === 2 ? 2 : 4;
    if ((about[0] ?? 0) >= 2 && about.toString('latin1', 6 + idBytes, 10 + idBytes) === 'Exif')
      return about.readUIntBE(4, idBytes);
  }
  return null;
};

interface Place {
  readonly offset: number;
  readonly length: number;
  /** Counted from the content of `idat`, not from the file's start. */
  readonly isInside: boolean;
}

/** `iloc`: for each item, where its bytes are. Lengths of numbers are its own choice: 0, 4 or 8 bytes. */
const placeOf = (table: Buffer, item: number): Place | null => {
  let at = 0;
  const next = (bytes: number): number => {
    at += bytes;
    if (bytes === 0) return 0;
    return bytes === 8 ? Number(table.readBigUInt64BE(at - 8)) : table.readUIntBE(at - bytes, bytes);
  };
  const version = next(4) >>> 24;
  const sizes = next(2);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >>> 12, (sizes >>> 8) & 15, (sizes >>> 4) & 15];
  const indexBytes = version === 0 ? 0 : sizes & 15;
  for (let left = next(version < 2 ? 2 : 4); left > 0; left -= 1) {
    const id = next(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : next(2) & 15;
    next(2);
    const base = next(baseBytes);
    const extents = next(2);
    if (id !== item) {
      at += extents * (indexBytes + offsetBytes + lengthBytes);
      continue;
    }
    // In one piece, as every phone writes it, and not inside of another item.
    if (extents !== 1 || method > 1) return null;
    next(indexBytes);
    const offset = base + next(offsetBytes);
    return { offset, length: next(lengthBytes), isInside: method === 1 };
  }
  return null;
};
