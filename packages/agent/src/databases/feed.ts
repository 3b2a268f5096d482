/** A stream that is pushed into at one end and read at the other: a dump on its way to a tool beside it. */
export interface Feed {
  /** Resolves when the reader wants more; nothing to wait for when it wants nothing any more. */
  readonly push: (chunk: Uint8Array) => void | Promise<void>;
  /** The end of the stream. Once is enough. */
  readonly end: () => void;
  /** Says that nobody will read (any more). */
  readonly close: () => void;
  /** For one reader. Whoever stops reading early stops it for good. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A feed that holds one piece at a time. */
export const createFeed = (): Feed => {
  let waiting: { readonly chunk: Uint8Array; readonly taken: () => void } | null = null;
  let isOver = false;
  let wake: () => void = () => undefined;
  const close = (): void => {
    isOver = true;
    waiting?.taken();
    waiting = null;
    wake();
  };
  const read = async function* (): AsyncGenerator<Uint8Array> {
    try {
      while (!isOver || waiting !== null) {
        if (waiting === null) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        const { chunk, taken } = waiting;
        waiting = null;
        try {
          yield chunk;
        } finally {
          taken();
        }
      }
    } finally {
      close();
    }
  };
  return {
    push: (chunk) => {
      if (isOver) return;
      return new Promise((taken) => {
        waiting = { chunk, taken };
        wake();
      });
    },
    end: () => {
      isOver = true;
      wake();
    },
    close,
    chunks: read(),
  };
};
