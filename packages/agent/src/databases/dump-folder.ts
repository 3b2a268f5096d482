import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type { UnitArguments } from './dump-unit.ts';

const gib = 1024 ** 3;

/**
 * A private, empty folder for a unit that cannot be streamed, always at the same path, so that restic knows it again. Noted before it is made,
 * gone when `work` has settled. Throws 'no-room' before anything is written where there is none, and 'dump-empty' where nothing was written.
 */
export const withFolder = async <Value>(
  args: UnitArguments,
  work: (path: string) => Promise<Value>,
): Promise<Value> => {
  const { folders, unit, world } = args;
  await mkdir(folders, { recursive: true, mode: 0o700 });
  const path = join(folders, unit.file);
  const noted = await world.things.note({ kind: 'folder', path });
  try {
    // What an earlier run could not remove.
    await rm(path, { recursive: true, force: true });
    await requireRoom(folders, unit.needsBytes ?? 0);
    await mkdir(path, { mode: 0o700 });
    return await work(path);
  } finally {
    const isGone = await rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    // Else it stays in the book, and the next run removes it and says so.
    if (isGone) await noted.done();
  }
};

/** Throws 'dump-empty' unless a file below has something in it. */
export const requireSomething = async (path: string): Promise<void> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isFile() && (await stat(join(entry.parentPath, entry.name))).size > 0) return;
  }
  throw new Problem(
    'dump-empty',
    'Not a single byte was written, and the tool called that a success.',
    'Look at it yourself.',
  );
};

/** Whether a disk was full, wherever in the chain of causes that stands. */
export const isNoRoom = (error: unknown): boolean =>
  isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT') || (error instanceof Error && isNoRoom(error.cause));

/** The Problem behind a full disk. */
export const noRoom = (cause: unknown): Problem =>
  new Problem('no-room', 'The disk is full where berth keeps its state.', roomRemedy, { cause });

const roomRemedy = 'Make room there, or move berth to another disk with --home.';

/** What must stay free for everything else on the disk: a twentieth of it, at most this. */
const mostReserve = gib;

const requireRoom = async (folder: string, needsBytes: number): Promise<void> => {
  const { bavail, blocks, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const reserve = Math.min(mostReserve, (blocks * bsize) / 20);
  if (free >= needsBytes + reserve) return;
  const words = (bytes: number): string => `${(bytes / gib).toFixed(1)} GiB`;
  throw new Problem(
    'no-room',
    `The copy needs ${words(needsBytes)} at ${folder}, with ${words(reserve)} to spare, and ${words(free)} is free.`,
    roomRemedy,
  );
};
