import { createHash } from 'node:crypto';
import type { NewFile } from './disk.ts';

/** What came in: the whole body with its SHA-256 in hexadecimal, a body that ended early, or one larger than allowed. */
export type Received =
  | { readonly kind: 'whole'; readonly sha256: string; readonly bytes: number }
  | { readonly kind: 'cut'; readonly bytes: number }
  | { readonly kind: 'too-large' };

/** Several small chunks cost one write; a large one is hashed while the one before it is written. */
const batchBytes = 512 * 1024;

/**
 * Writes `body` to `file` and hashes it on the way. `allow` is asked before each batch is written, with the
 * bytes it adds, and ends the upload by answering false. An error of the body is a cut; an error of the disk is thrown.
 */
export const receive = async (args: {
  readonly body: AsyncIterable<Uint8Array>;
  readonly file: NewFile;
  readonly expectedBytes: number | null;
  readonly allow: (bytes: number) => Promise<boolean>;
}): Promise<Received> => {
  const { file, expectedBytes, allow } = args;
  const hash = createHash('sha256');
  let bytes = 0;
  let batch: Uint8Array[] = [];
  let batched = 0;
  let writing: Promise<void> = Promise.resolve();

  const writeBatch = async (): Promise<boolean> => {
    const chunks = batch;
    const size = batched;
    batch = [];
    batched = 0;
    await writing;
    if (!(await allow(size))) return false;
    writing = writeAll(file, chunks, size);
    writing.catch(() => undefined);
    return true;
  };

  const incoming = untilError(args.body);
  for await (const chunk of incoming.chunks) {
    bytes += chunk.length;
    if (expectedBytes !== null && bytes > expectedBytes) break;
    hash.update(chunk);
    batch.push(chunk);
    batched += chunk.length;
    if (batched >= batchBytes && !(await writeBatch())) return { kind: 'too-large' };
  }
  if (batched > 0 && !(await writeBatch())) return { kind: 'too-large' };
  await writing;
  if (incoming.failed() || (expectedBytes !== null && bytes !== expectedBytes)) return { kind: 'cut', bytes };
  return { kind: 'whole', sha256: hash.digest('hex'), bytes };
};

/** The chunks of `body`, ending where it fails, so that its errors cannot be taken for the disk's. */
const untilError = (body: AsyncIterable<Uint8Array>) => {
  let failure = false;
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch {
      failure = true;
    }
  };
  return { chunks: chunks(), failed: () => failure };
};

const writeAll = async (file: NewFile, chunks: readonly Uint8Array[], size: number): Promise<void> => {
  const { bytesWritten } = await file.writev([...chunks]);
  if (bytesWritten === size) return;
  // A short write says that the next byte does not fit; writing the rest makes the disk say why.
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  await writeAll(file, [rest], rest.length);
};
