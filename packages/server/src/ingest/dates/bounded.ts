/** What is read of a file at first: where cameras put what they know of a photo. */
export const headBytes = 512 * 1024;

/** The most that is read of a file to find its date, whatever it says of itself. */
export const readBound = headBytes + 512 * 1024;

/** A file of which no more than `readBound` is read. */
export interface Bounded {
  readonly size: number;
  /** The first 512 KiB, or all of a smaller file. */
  readonly head: Buffer;
  /** Up to `length` bytes from `offset` on; empty past the end. Throws once the bound is reached, and where reading does. */
  readonly at: (offset: number, length: number) => Buffer;
}

/** Reads the head at once; what lies in it is never read again. */
export const bounded = (size: number, read: (offset: number, length: number) => Buffer): Bounded => {
  const head = read(0, Math.min(size, headBytes));
  let left = readBound - headBytes;
  return {
    size,
    head,
    at: (offset, length) => {
      const end = Math.min(size, offset + length);
      if (!(offset >= 0 && offset < end)) return Buffer.alloc(0);
      if (end <= head.length) return head.subarray(offset, end);
      left -= end - offset;
      if (left < 0) throw new RangeError('more of the file than is worth its date');
      return read(offset, end - offset);
    },
  };
};
