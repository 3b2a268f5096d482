import { formatSize, isBytes } from '@berth/common/size.ts';

/** Shows how far a long reading is. `clear` before anything else is written. */
export interface ProgressBar {
  readonly show: (progress: Amounts) => void;
  readonly clear: () => void;
}

/** What is done, and what is to be done, in bytes. */
export interface Amounts {
  readonly objects: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** What is counted; objects, where nobody says. */
  readonly what?: string;
}

/** A bar on a terminal, and nothing where nobody watches or when it is not `wanted`. Whoever calls it limits how often. */
export const progressBar = (
  stream: { readonly isTTY?: boolean; readonly columns?: number; readonly write: (text: string) => unknown },
  wanted: boolean,
): ProgressBar => {
  if (!wanted || stream.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  let drawn = false;
  return {
    show: (progress) => {
      stream.write(`\r\u001b[K${progressText(progress, (stream.columns ?? 80) - 1)}`);
      drawn = true;
    },
    clear: () => {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
};

/** One progress as text of at most `width` characters. */
export const progressText = ({ objects, bytes, totalBytes, what = 'objects' }: Amounts, width: number): string => {
  const fraction = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
  const percent = `${Math.floor(fraction * 100)}`.padStart(3);
  const numbers = `${percent} %  ${size(bytes)} of ${size(totalBytes)}, ${objects} ${what}`;
  const room = Math.min(30, width - numbers.length - 4);
  if (room < 8) return numbers.slice(0, width);
  const filled = Math.round(fraction * room);
  return `[${'#'.repeat(filled)}${'.'.repeat(room - filled)}] ${numbers}`;
};

const size = (bytes: number): string => (isBytes(bytes) ? formatSize(bytes) : 'more than can be counted');
