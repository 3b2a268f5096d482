import ExifReader from 'exifreader';
import type { Bounded } from './bounded.ts';
import { heicExif } from './heic.ts';
import { type Day, dayIn } from './plausible.ts';

/**
 * When a photo was taken by its EXIF, by the wall clock of the place: `DateTimeOriginal`, else `DateTimeDigitized`; never `DateTime`,
 * which is when it was last edited. JPEG, PNG, WebP, TIFF and DNG as far as it stands in the first 512 KiB, HEIC and AVIF wherever it is.
 * Null where it says no day. May throw, on files that are not what they say.
 */
export const exifDay = (file: Bounded, nowMs: number): Day | null => {
  const photo = isBoxes(file.head) ? heicExif(file) : file.head;
  if (photo === null || photo.length === 0) return null;
  const { exif } = unheard(() =>
    ExifReader.load(photo, { expanded: true, includeTags: { exif: ['DateTimeOriginal', 'DateTimeDigitized'] } }),
  );
  for (const tag of [exif?.DateTimeOriginal, exif?.DateTimeDigitized]) {
    const day = dayIn(String(tag?.description ?? ''), nowMs);
    if (day !== null) return day;
  }
  return null;
};

/**
 * exifreader tells the console of what it finds odd, such as a second EXIF segment, and can not be asked not to. A phone with a thousand
 * such photos would fill what is heard of a job's errors, and the job would be ended for it (jobs/start.ts).
 */
const unheard = <Value>(work: () => Value): Value => {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return work();
  } finally {
    console.warn = warn;
  }
};

const isBoxes = (head: Buffer): boolean => head.toString('latin1', 4, 8) === 'ftyp';
