/** Lets bytes through but for the last ones, which turn out to be something else once the stream is over. */
export interface HoldBack {
  /** What is certain not to be among the last; may be empty. */
  readonly push: (chunk: Uint8Array) => Uint8Array;
  /** What is held now: the last `count` bytes, or all where there were fewer. */
  readonly held: () => Uint8Array;
}

/** Holds the last `count` bytes back. */
export const holdBack = (count: number): HoldBack => {
  let held: Uint8Array = new Uint8Array(0);
  return {
    push: (chunk) => {
      if (chunk.length >= count) {
        const through = Buffer.concat([held, chunk.subarray(0, chunk.length - count)]);
        held = Uint8Array.from(chunk.subarray(chunk.length - count));
        return through;
      }
      const both = Buffer.concat([held, chunk]);
      const through = both.subarray(0, Math.max(0, both.length - count));
      held = Uint8Array.from(both.subarray(through.length));
      return through;
    },
    held: () => held,
  };
};
