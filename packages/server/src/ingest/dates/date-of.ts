import { type Bounded, bounded } from './bounded.ts';
import { exifDay } from './exif.ts';
import { nameDay } from './name.ts';
import { type Day, dayAt } from './plausible.ts';
import { quicktimeDay } from './quicktime.ts';

/** A file, as far as finding out when it was taken needs it. */
export interface Dated {
  /** Its name, or its path: what follows the last slash counts. */
  readonly name: Buffer;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Bytes from `offset` on, fewer at the end of the file. */
  readonly read: (offset: number, length: number) => Buffer;
  /** IANA name, for dates that say no zone. */
  readonly timeZone: string;
}

/** When a photo or video was taken, by the wall clock of where that was, and who says so. */
export interface Taken {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly from: 'exif' | 'quicktime' | 'name' | 'mtime';
}

/** Never throws, whatever the file holds. */
export type DateOf = (file: Dated) => Promise<Taken>;

/** Where nothing says a day between 1990 and next year: a place that is seen to be none. */
const unknown: Day = { year: 1970, month: 1 };

/**
 * Asks EXIF, then what a video says of itself, the name, and the time of the last change; each counts only with a day from 1990 to the
 * year after `nowMs()`. Reads at most `readBound` bytes (bounded.ts), and where reading fails, goes on as if nothing stood there.
 */
export const dateOfAt =
  (nowMs: () => number): DateOf =>
  async ({ name, size, mtimeMs, read, timeZone }) => {
    const now = nowMs();
    const file = attempt(() => bounded(size, read));
    const within = (look: (file: Bounded) => Day | null): Day | null =>
      file === null ? null : attempt(() => look(file));
    const exif = within((photo) => exifDay(photo, now));
    if (exif !== null) return { ...exif, from: 'exif' };
    const quicktime = within((video) => quicktimeDay(video, timeZone, now));
    if (quicktime !== null) return { ...quicktime, from: 'quicktime' };
    const named = nameDay(name, now);
    if (named !== null) return { ...named, from: 'name' };
    return { ...(dayAt(mtimeMs, timeZone, now) ?? unknown), from: 'mtime' };
  };

/** As the clock says now. */
export const dateOf: DateOf = dateOfAt(Date.now);

/** What a parser throws at a hostile file is no more than "no date here". */
const attempt = <Value>(look: () => Value): Value | null => {
  try {
    return look();
  } catch {
    return null;
  }
};
