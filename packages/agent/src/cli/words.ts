import { formatSize, isBytes } from '@berth/common/size.ts';

/** Bytes for people, for numbers whose kind restic vouches for. */
export const size = (bytes: number): string => (isBytes(bytes) ? formatSize(bytes) : 'an unknown size');

/** A span for people, its two largest units: `3 min 20 s`, `2 d 4 h`. */
export const span = (millis: number): string => {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(millis / 1_000));
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
};

/** A moment in this machine's time zone: `2026-11-21 07:25`. */
export const moment = (time: string | Date): string => {
  const date = new Date(time);
  const two = (number: number): string => `${number}`.padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
};

/** Text from outside, for a terminal: without what could move the cursor or hide what follows. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');

/** Rows under a heading, in columns as wide as their widest cell; the last column is not padded. */
export const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
};
