import { type Day, plausible } from './plausible.ts';

/**
 * The day in a name as phones give them: `IMG_20261114_180322.jpg`, `IMG20261114180322.jpg`, `20261114_180322.jpg`,
 * `VID-20261114-WA0001.mp4`, `PXL_20261114_170322123.jpg`, `Screenshot_2026-11-14-18-03-22.png`, `signal-2026-11-14-18-03-22-123.jpg`,
 * `photo_2026-11-14_18-03-22.jpg`. Only letters may stand before it, and no further digit may touch it but those of a time, so that a
 * number is not taken for a day.
 */
export const nameDay = (name: Buffer, nowMs: number): Day | null => {
  const file = name.toString('latin1', name.lastIndexOf('/') + 1);
  const [, year, , month, day] = pattern.exec(file) ?? [];
  return year === undefined ? null : plausible(Number(year), Number(month), Number(day), nowMs);
};

const pattern = /^[A-Za-z _-]{0,60}(\d{4})([-_.]?)(\d{2})\2(\d{2})(?=\d{6}(?!\d)|\D|$)/;
