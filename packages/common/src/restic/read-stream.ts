import type { Readable } from 'node:stream';
import { type BoundRestic, type Call, invoke } from './invoke.ts';
import type { Failed } from './result.ts';

/** A command whose output was read as it came has failed: nothing of what came may be taken for the whole. */
export class StreamCut extends Error {
  override readonly name = 'StreamCut';
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.words.slice(-3).join(' ') || `restic ended with code ${failed.exitCode}`);
    this.failed = failed;
  }
}

/**
 * A file of a snapshot (an id, or `latest`), or a folder as tar, as it comes; `path` begins with `/`. restic waits where the reader does,
 * and is stopped where the reader leaves. Throws `StreamCut` unless restic ended well, so that an early end is never a whole file.
 */
export async function* readStream(
  restic: BoundRestic,
  { snapshot, path }: { readonly snapshot: string; readonly path: string },
  call: Call,
): AsyncGenerator<Uint8Array, void, undefined> {
  const left = new AbortController();
  const opened = Promise.withResolvers<Readable | null>();
  const signals = [left.signal, ...(call.signal === undefined ? [] : [call.signal])];
  const ending = invoke(restic, {
    args: ['dump', '--', snapshot, path],
    call: { ...call, signal: AbortSignal.any(signals) },
    streams: { onOutput: opened.resolve },
  });
  ending.then(() => opened.resolve(null), opened.reject);
  const output = await opened.promise;
  try {
    if (output !== null) yield* bytesOf(output);
  } catch (error) {
    left.abort();
    throw error;
  } finally {
    // Left in the middle: for await destroyed the stream, and did not read to its end.
    if (output?.readableEnded === false) left.abort();
    await ending;
  }
  const ended = await ending;
  if (ended.kind !== 'ended') throw new StreamCut(ended);
  if (ended.exitCode !== 0) throw new StreamCut(ended.failed);
}

async function* bytesOf(output: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of output) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('restic spoke no bytes');
    yield chunk;
  }
}
