import { formatSize, isBytes } from '@berth/common/size.ts';

/** A span for the table, to a tenth of a second: `4.1 s`. */
export const millis = (span: number): string => `${(span / 1000).toFixed(1)} s`;

/** `1 file`, `2 files`, `12,345 files`. */
export const count = (number: number, word: string): string =>
  `${number.toLocaleString('en-US')} ${word}${number === 1 ? '' : 's'}`;

/** Bytes for people: `109.3 MiB`. */
export const size = (bytes: number): string => (isBytes(bytes) ? formatSize(bytes) : `${bytes} bytes`);
