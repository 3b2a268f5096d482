import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '@berth/common/errno.ts';
import { type Context, isFull } from './context.ts';
import { hashFile } from './hash-file.ts';
import { lastOperation } from './journal-read.ts';
import { liveFolder, livePath, typeFolder } from './layout.ts';
import type { ObjectId } from './object.ts';
import { quarantineLive } from './quarantine.ts';
import { receive } from './receive.ts';
import type { Change, Operation } from './record.ts';
import type { NoRoom } from './room.ts';

/**
 * What became of an upload. `stored` and `already` mean that the object is on disk, is the bytes that were sent, and
 * is in the journal; after every other answer nothing of the upload is left.
 */
export type PutResult =
  | { readonly kind: 'stored' }
  /** The same bytes were there before: restic's own retry after a lost answer must succeed. */
  | { readonly kind: 'already' }
  /** Other bytes are there; nothing overwrites them. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'wrong-hash'; readonly sha256: string }
  | { readonly kind: 'cut'; readonly bytes: number }
  | { readonly kind: 'full'; readonly what: NoRoom }
  /** So many locks are not the work of restic, which has one a command. */
  | { readonly kind: 'too-many-locks' };

/** restic holds one lock a command, and two for the moment in which it renews it. */
const mostLocks = 64;
/** restic's are some hundred bytes. Up to this size they need no room: without a lock there is no restore, and a full disk must not prevent one. */
const freeLockBytes = 4096;

/**
 * Stores `body` as `id`: temporary file, SHA-256 while it streams, fsync, publish without overwrite, fsync of the
 * folder, journal record, answer. Safe to call again with the same bytes at any time, from any session.
 */
export const put = async (
  context: Context,
  id: ObjectId,
  body: AsyncIterable<Uint8Array>,
  expectedBytes: number | null,
): Promise<PutResult> => {
  const { disk, room, layout } = context;
  const temporary = context.temporary();
  const taken = { reserved: 0, written: 0 };
  let noRoom: NoRoom | null = null;
  const reserve = async (bytes: number): Promise<boolean> => {
    noRoom = await room.reserve(bytes);
    if (noRoom === null) taken.reserved += bytes;
    return noRoom === null;
  };
  /** Sessions of other sources write at the same time: what was announced is asked for again as it comes. */
  const allow = async (bytes: number): Promise<boolean> => {
    if (!(await reserve(expectedBytes === null ? bytes : 0))) return false;
    taken.written += bytes;
    room.written(bytes);
    return true;
  };
  let made = false;
  try {
    if (id.type === 'locks' && (await disk.list(typeFolder(layout, id.type))).length >= mostLocks) {
      return { kind: 'too-many-locks' };
    }
    const isFree = id.type === 'locks' && expectedBytes !== null && expectedBytes <= freeLockBytes;
    if (!isFree && !(await reserve(expectedBytes ?? 0))) return { kind: 'full', what: noRoom ?? 'quota' };
    const file = await disk.createFile(temporary);
    made = true;
    try {
      const received = await receive({ body, file, expectedBytes, allow: isFree ? async () => true : allow });
      if (received.kind === 'too-large') return { kind: 'full', what: noRoom ?? 'quota' };
      if (received.kind === 'cut') return received;
      if (id.type !== 'config' && received.sha256 !== id.name) return misnamed(context, id, received.sha256);
      await file.sync();
      return await context.serial(livePath(context.layout, id), () =>
        publish(context, id, { path: temporary, sha256: received.sha256, bytes: received.bytes }),
      );
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isFull(error)) return { kind: 'full', what: 'disk' };
    throw error;
  } finally {
    room.release(taken);
    if (made) await disk.unlink(temporary);
  }
};

/** Bytes that are not their name: an attempt to overwrite when the name is taken, otherwise a damaged upload. */
const misnamed = async ({ disk, layout }: Context, id: ObjectId, sha256: string): Promise<PutResult> =>
  (await disk.size(livePath(layout, id))) === null ? { kind: 'wrong-hash', sha256 } : { kind: 'conflict' };

interface Upload {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** config has no hash for a name, so its record keeps one. */
const arrival = (id: ObjectId, { bytes, sha256 }: Upload): Change => ({
  op: 'put',
  id,
  size: bytes,
  sha256: id.type === 'config' ? sha256 : null,
});

const publish = async (context: Context, id: ObjectId, upload: Upload): Promise<PutResult> => {
  const { disk, folders, layout } = context;
  const folder = liveFolder(layout, id);
  try {
    await disk.link(upload.path, livePath(layout, id));
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return confirm(context, id, upload);
    throw error;
  }
  try {
    await folders.now(folder);
    await context.record(arrival(id, upload));
  } catch (error) {
    await withdraw(context, id);
    throw error;
  }
  return { kind: 'stored' };
};

/** The object was there first: answer for it only if it holds the same bytes, and only once it is as durable as ours. */
const confirm = async (context: Context, id: ObjectId, upload: Upload): Promise<PutResult> => {
  const { disk, folders, layout } = context;
  const path = livePath(layout, id);
  const found = await disk.size(path);
  if (found === null) throw new Error(`${id.type}/${id.name} went away while it was looked at`);
  if (found !== upload.bytes || (await hashFile(disk, path)) !== upload.sha256) {
    if (id.type === 'config') return { kind: 'conflict' };
    // Its bytes are not its name, and ours are: the disk has damaged it, and here it is whole again.
    await quarantineLive(context, id, found);
    return publish(context, id, upload);
  }
  await folders.now(liveFolder(layout, id));
  if (await isRecorded(context, id)) await context.journal.settled();
  else await context.record(arrival(id, upload));
  // Whoever put it may have had to withdraw it after we looked.
  if ((await disk.size(path)) === null) throw new Error(`${id.type}/${id.name} went away while it was confirmed`);
  return { kind: 'already' };
};

/**
 * Whether the journal knows it. Another session that has just linked it is about to say so, and a second record would
 * count it twice: it is given 5 s, unless it has died.
 */
const isRecorded = async (context: Context, id: ObjectId): Promise<boolean> => {
  const { disk, layout, isAlone } = context;
  for (let waitMs = 5; ; waitMs *= 2) {
    const isAlive = !(await isAlone());
    if (isArrival(await lastOperation(disk, layout.journal, id))) return true;
    if (!isAlive || waitMs > 2560) return false;
    await sleep(waitMs);
  }
};

/**
 * Takes back an object that could not be made durable, unless another session has answered for it meanwhile. Taking it
 * out of sight before looking closes the gap in which that session could still find it.
 */
const withdraw = async (context: Context, id: ObjectId): Promise<void> => {
  const { disk, layout } = context;
  const path = livePath(layout, id);
  const aside = context.temporary();
  await disk.rename(path, aside);
  if (isArrival(await lastOperation(disk, layout.journal, id))) await disk.link(aside, path);
  await disk.unlink(aside);
};

const isArrival = (operation: Operation | null): boolean => operation === 'put' || operation === 'restore';
