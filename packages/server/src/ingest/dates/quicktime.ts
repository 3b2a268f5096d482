import type { Bounded } from './bounded.ts';
import { type Box, boxesIn, boxOf } from './boxes.ts';
import { type Day, dayAt, dayIn } from './plausible.ts';

/**
 * When a video was taken, by `moov` of an MP4 or MOV file: Apple's key `com.apple.quicktime.creationdate`, which has the wall clock of
 * the place (https://developer.apple.com/documentation/quicktime-file-format/metadata_atoms_and_types), before `mvhd`, which
 * is UTC and read in `timeZone`. Null where neither says a day. May throw, on files that are not what they say.
 */
export const quicktimeDay = (file: Bounded, timeZone: string, nowMs: number): Day | null => {
  const moov = boxOf(file, 'moov', 0, file.size);
  if (moov === undefined) return null;
  const meta = boxOf(file, 'meta', moov.start, moov.end);
  const apple = meta === undefined ? null : appleDay(file, meta, nowMs);
  if (apple !== null) return apple;
  const mvhd = boxOf(file, 'mvhd', moov.start, moov.end);
  return mvhd === undefined ? null : headerDay(file.at(mvhd.start, 12), timeZone, nowMs);
};

/** `mvhd` counts seconds from 1904 on, UTC; 0 where nobody set it (ISO/IEC 14496-12, 8.2.2). */
const epoch1904 = Date.UTC(1904, 0, 1);

const headerDay = (header: Buffer, timeZone: string, nowMs: number): Day | null => {
  if (header.length < 12) return null;
  const seconds = header[0] === 1 ? Number(header.readBigUInt64BE(4)) : header.readUInt32BE(4);
  return seconds === 0 ? null : dayAt(epoch1904 + seconds * 1000, timeZone, nowMs);
};

const creationDate = 'com.apple.quicktime.creationdate';

/** The longest value that is a date. */
const longestDate = 64;

/** `keys` lists names, and `ilst` has a box per value, whose type is the place of its name in that list, from 1 on. */
const appleDay = (file: Bounded, meta: Box, nowMs: number): Day | null => {
  // QuickTime's `meta` holds boxes at once; that of ISO has version and flags before them.
  const start = file.at(meta.start + 4, 4).toString('latin1') === 'hdlr' ? meta.start : meta.start + 4;
  const keys = boxOf(file, 'keys', start, meta.end);
  const values = boxOf(file, 'ilst', start, meta.end);
  if (keys === undefined || values === undefined) return null;
  const place = placeOf(file, keys);
  if (place === null) return null;
  for (const value of boxesIn(file, values.start, values.end)) {
    if (Buffer.from(value.type, 'latin1').readUInt32BE() !== place) continue;
    const data = boxOf(file, 'data', value.start, value.end);
    // Before the text stand its type and its language, four bytes each.
    if (data !== undefined)
      return dayIn(file.at(data.start + 8, Math.min(longestDate, data.end - data.start - 8)).toString('latin1'), nowMs);
  }
  return null;
};

const placeOf = (file: Bounded, keys: Box): number | null => {
  let place = 0;
  // A key looks like a box: its length, `mdta`, its name. Version, flags and their count stand before them.
  for (const key of boxesIn(file, keys.start + 8, keys.end)) {
    place += 1;
    if (key.end - key.start !== creationDate.length) continue;
    if (file.at(key.start, creationDate.length).toString('latin1') === creationDate) return place;
  }
  return null;
};
