import { createHash } from 'node:crypto';
import type { Disk, ReadFile } from '../disk.ts';
import type { Pace } from './pace.ts';

/** What reading a whole file showed. */
export type Reading =
  | { readonly kind: 'read'; readonly sha256: string; readonly bytes: number }
  /** It is not there: deleted, purged or put aside meanwhile. */
  | { readonly kind: 'gone' }
  /** The system gave the errno `code`, such as `EIO`. */
  | { readonly kind: 'unreadable'; readonly code: string };

const chunkBytes = 256 * 1024;

/** Of the process or the machine rather than of the file: these are thrown. */
const notOfTheFile: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR']);

/**
 * Reads files whole, one at a time, in two buffers of its own: one fills while the other is hashed. Stops in the middle
 * of a file with the signal's reason when it is aborted.
 */
export const fileReader = (disk: Disk, pace: Pace, signal: AbortSignal): ((path: string) => Promise<Reading>) => {
  const buffers = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)] as const;

  const hashAll = async (file: ReadFile): Promise<Reading> => {
    const hash = createHash('sha256');
    const [first, second] = buffers;
    const fill = async (buffer: Buffer, position: number): Promise<number> => {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
      await pace(bytesRead);
      signal.throwIfAborted();
      return bytesRead;
    };
    let bytes = 0;
    let [full, empty] = [first, second];
    let length = await fill(full, 0);
    while (length > 0) {
      bytes += length;
      const filling = fill(empty, bytes);
      hash.update(full.subarray(0, length));
      [full, empty] = [empty, full];
      length = await filling;
    }
    return { kind: 'read', sha256: hash.digest('hex'), bytes };
  };

  return async (path) => {
    try {
      const file = await disk.openRead(path);
      try {
        return await hashAll(file);
      } finally {
        await file.close();
      }
    } catch (error) {
      const code = errnoOf(error);
      if (code === null || notOfTheFile.has(code)) throw error;
      return code === 'ENOENT' || code === 'ENOTDIR' ? { kind: 'gone' } : { kind: 'unreadable', code };
    }
  };
};

/** The errno of a system error as Node throws it, or null for any other: Node's own codes begin with `ERR_`. */
const errnoOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E(?!RR_)[A-Z0-9]+$/.test(error.code)
    ? error.code
    : null;
