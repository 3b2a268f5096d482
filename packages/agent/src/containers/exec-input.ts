import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/** The standard input of a process in a container. */
export interface Input {
  /** Writes `first`, then all of `chunks`, then closes it; once. */
  readonly go: (first: string, chunks: AsyncIterable<Uint8Array> | undefined) => void;
  /** Resolves when all is written, the process has read enough, or `close` was called; rejects with what `chunks` threw. */
  readonly fed: Promise<void>;
  /** The process is gone. */
  readonly close: () => void;
}

/** A process that has read enough closes its input, which is its right: how it ended says whether all is well. */
export const openInput = (socket: Duplex): Input => {
  const { promise: fed, resolve, reject } = Promise.withResolvers<void>();
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
    resolve();
  };
  socket.once('close', close);
  // Reading reports the same, with the reason.
  socket.on('error', close);
  const feed = async (first: string, chunks: AsyncIterable<Uint8Array> | undefined): Promise<void> => {
    if (first !== '') socket.write(first);
    for await (const chunk of chunks ?? []) {
      if (isClosed) return;
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), fed]).catch(() => undefined);
    }
    socket.end();
  };
  return {
    fed,
    close,
    go: (first, chunks) => {
      feed(first, chunks).then(resolve, reject);
    },
  };
};
