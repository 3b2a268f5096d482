import { once } from 'node:events';

/** Waits until a stream takes more or has closed, and listens to it no longer: a long stream is waited for very often. */
export const drained = async (stream: NodeJS.WritableStream & { readonly destroyed?: boolean }): Promise<void> => {
  // It has told that already, and will not again.
  if (stream.destroyed === true) return;
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => undefined);
  over.abort();
};
