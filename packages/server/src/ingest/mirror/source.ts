import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { MirrorDisk, OpenFile } from './disk.ts';
import { folderOf, joined, type Raw } from './raw.ts';

/** Which file it is and how it is: whatever changes its bytes changes this, but for who forges two clocks. */
export const stampOf = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string => `${ino} ${size} ${mtimeNs} ${ctimeNs}`;

/** A file of the phone was not what it had just been seen to be: being written, or gone. The next pass looks again. */
export class Unsettled extends Error {}
/** A file of the phone that this user may not read. */
export class Unreadable extends Error {}
/** The pass was told to end. */
export class Stopped extends Error {}

/** A file of the phone, open. */
export interface Source extends OpenFile {
  /** Throws `Unsettled` unless it is still as it was seen. */
  readonly check: () => void;
}

/**
 * Opens a file that a pass has `seen`, and no other: not what has taken its place, not what a link in the way to it leads to. Throws
 * `Unsettled`, `Unreadable`, and the disk's errors.
 */
export const openSource = (disk: MirrorDisk, ingest: Raw, path: Raw, seen: BigIntStats): Source => {
  const whole = joined(ingest, path);
  const file = unlessGone(() => disk.openRead(whole));
  const check = (): void => {
    const now = file.stat();
    const isSame = now.isFile() && now.dev === seen.dev && stampOf(now) === stampOf(seen);
    if (!isSame) throw new Unsettled();
  };
  try {
    check();
    // A folder may have become a link since it was listed; then what was opened lies who knows where.
    if (unlessGone(() => disk.realPath(folderOf(whole))) !== folderOf(whole)) throw new Unsettled();
    return { ...file, check, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
};

const unlessGone = <Value>(call: () => Value): Value => {
  try {
    return call();
  } catch (error) {
    // ELOOP: a link by now; ENXIO: a socket, or a pipe that nobody reads.
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) throw new Unsettled();
    if (isErrno(error, 'EACCES', 'EPERM')) throw new Unreadable();
    throw error;
  }
};

/** Bytes read at once, and how many before anybody else has a turn: a signal, above all. */
const chunkBytes = 1024 ** 2;
const turnBytes = 16 * chunkBytes;

/** Lets whatever waits have its turn. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads a file to its end, but no more than `size` bytes and one, and answers with the SHA-256 of it all, in hex. Throws `Stopped`. */
export const readThrough = async (
  file: OpenFile,
  size: number,
  signal: AbortSignal,
  each: (bytes: Uint8Array) => void = () => undefined,
): Promise<{ readonly sha256: string; readonly bytes: number }> => {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size + 1));
  let at = 0;
  for (;;) {
    const bytes = buffer.subarray(0, file.read(buffer, at));
    if (bytes.length === 0 || at > size) return { sha256: hash.digest('hex'), bytes: at };
    hash.update(bytes);
    each(bytes);
    at += bytes.length;
    if (at % turnBytes < bytes.length) await breathe();
    if (signal.aborted) throw new Stopped();
  }
};
