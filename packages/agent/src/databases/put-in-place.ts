import { constants } from 'node:fs';
import { type FileHandle, lchown, lstat, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { printable } from '@berth/common/parsed.ts';
import type { Problem } from '@berth/common/problem.ts';
import { dumpFailed } from './failed.ts';

/** `2026-11-22T03-04-05`, for the names of what is moved aside. */
export const moment = (now: Date): string => now.toISOString().slice(0, 19).replaceAll(':', '-');

/** Writes a stream into a file that must not be there yet, readable by its owner alone, and durable when this resolves. */
export const writeNew = async (path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> => {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  await using handle = await open(path, O_CREAT | O_EXCL | O_WRONLY | (O_NOFOLLOW ?? 0), 0o600);
  for await (const chunk of chunks) await handle.writeFile(chunk);
  await handle.sync();
};

/**
 * Copies one file of a folder that a server writes to, and nothing that only looks like one: a link would bring in what it points to, and a pipe would be
 * waited for without end. Throws 'dump-failed' for those.
 */
export const copyPlain = async (from: string, to: string): Promise<void> => {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using handle = await open(from, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw isErrno(error, 'ELOOP', 'ENXIO') ? noFile(from) : error;
  });
  if (!(await handle.stat()).isFile()) throw noFile(from);
  await writeNew(to, handle.createReadStream({ autoClose: false }));
};

const noFile = (path: string): Problem =>
  dumpFailed(`${printable(path, 200)} is a link or a pipe, where only the server's own files should be.`);

/** Opens a file and no link in its place: who owns the folder around it could make one at any moment. */
const openItself = (path: string): Promise<FileHandle> => open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));

/** Brings a file in as a new one, with owner and mode of `from`; what somebody else puts in its place is neither written nor changed. */
export const bringNew = async (from: string, to: string, signal: AbortSignal): Promise<void> => {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  await using source = await openItself(from);
  const { mode, uid, gid } = await source.stat();
  await using handle = await open(to, O_CREAT | O_EXCL | O_WRONLY | (O_NOFOLLOW ?? 0), 0o600);
  for await (const chunk of source.createReadStream({ autoClose: false, signal })) await handle.writeFile(chunk);
  if (process.getuid?.() === 0) await handle.chown(uid, gid);
  await handle.chmod(0o600 | (mode & 0o777));
  await handle.sync();
};

/** Gives what lies at `path`, all of it, to whom the server's other files belong: those of `like`. */
export const giveTo = async (path: string, like: string): Promise<void> => {
  const { uid, gid } = await lstat(like);
  const isMine = process.getuid?.() !== 0;
  const visit = async (entry: string): Promise<void> => {
    const found = await lstat(entry);
    if (found.isSymbolicLink()) return;
    // Whoever owns the folder around it may have made a link of it meanwhile.
    if (!isMine) await lchown(entry, uid, gid);
    if (!found.isDirectory()) return;
    for (const name of await readdir(entry)) await visit(join(entry, name));
  };
  await visit(path);
};

/** Gives a restored file the mode of the one it replaces, or one that only its owner and group may read. */
export const modeLike = async (path: string, like: string): Promise<void> => {
  const old = await lstat(like).catch(() => null);
  await using handle = await openItself(path);
  await handle.chmod(old?.isFile() === true ? old.mode & 0o777 : 0o640);
};

/** Moves what lies at `path` aside, as `<path>.before-<moment>`, and says where to; null where nothing lies there. */
export const moveAside = async (path: string, now: Date): Promise<string | null> => {
  const aside = `${path}.before-${moment(now)}`;
  try {
    await rename(path, aside);
    return aside;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
};

/** Makes what was renamed in the folder of `path` durable. */
export const syncFolder = async (path: string): Promise<void> => {
  await using handle = await open(dirname(path), 'r');
  await handle.sync();
};
