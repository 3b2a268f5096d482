import type { Bounded } from './bounded.ts';

/**
 * A box of an ISO base media file (MP4, MOV, HEIC; ISO/IEC 14496-12, 4.2; Apple calls it an atom:
 * https://developer.apple.com/documentation/quicktime-file-format/atoms): its four letters, and where its content lies.
 */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Boxes are looked at one by one, each a read of its own: a film has a few dozen, a photo a few hundred. */
const mostBoxes = 2_000;

/**
 * The boxes from `start` to `end`, at most 2,000. One that says it is longer than that ends there; one that says it is shorter than its
 * own header ends the walk, so each step goes forward.
 */
export function* boxesIn(file: Bounded, start: number, end: number): Generator<Box> {
  let at = start;
  for (let count = 0; count < mostBoxes && at + 8 <= end; count += 1) {
    const header = file.at(at, 16);
    if (header.length < 8) return;
    const size = sizeOf(header, end - at);
    if (size === null) return;
    yield { type: header.toString('latin1', 4, 8), start: at + size.header, end: Math.min(end, at + size.whole) };
    at += size.whole;
  }
}

/** 0 means up to the end of what holds it; 1 that 64 bits of length follow. */
const sizeOf = (header: Buffer, rest: number): { readonly header: number; readonly whole: number } | null => {
  const short = header.readUInt32BE(0);
  if (short === 0) return { header: 8, whole: rest };
  if (short >= 8) return { header: 8, whole: short };
  if (short !== 1 || header.length < 16) return null;
  const long = Number(header.readBigUInt64BE(8));
  return long >= 16 ? { header: 16, whole: long } : null;
};

/** The first box of a type; undefined where there is none. */
export const boxOf = (file: Bounded, type: string, start: number, end: number): Box | undefined => {
  for (const box of boxesIn(file, start, end)) if (box.type === type) return box;
  return undefined;
};
