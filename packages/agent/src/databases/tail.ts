/** The last bytes of what passes, for the marks that stand at an end; and how many passed. */
export const createTail = (most: number) => {
  let kept = Buffer.alloc(0);
  let total = 0;
  return {
    see: (chunk: Uint8Array): void => {
      total += chunk.length;
      kept = chunk.length >= most ? Buffer.from(chunk.subarray(-most)) : Buffer.concat([kept, chunk]).subarray(-most);
    },
    text: (): string => kept.toString('latin1'),
    total: (): number => total,
  };
};

/** The first bytes of what passes. */
export const createHead = (most: number) => {
  let kept = Buffer.alloc(0);
  return {
    see: (chunk: Uint8Array): void => {
      if (kept.length < most) kept = Buffer.concat([kept, chunk.subarray(0, most - kept.length)]);
    },
    text: (): string => kept.toString('latin1'),
  };
};
