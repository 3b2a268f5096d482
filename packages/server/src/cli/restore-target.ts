import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { lookAs } from '../supervisor/phones/look.ts';
import { reachedFrom } from '../supervisor/phones/world.ts';
import type { AtPhone } from './at-phone.ts';

/**
 * Makes the folder into which a phone's files are brought back, and gives it to the phone: restic writes as the phone, and nobody else
 * touches what it writes. Answers its path. Throws `target`, `target-not-empty`, and `target-hidden` where the phone's processes would see
 * another folder there than the admin, or none. One that was made for nothing is removed.
 */
export const readyRestoreTarget = async ({ world, phone }: AtPhone, path: string): Promise<string> => {
  const isNew = make(path);
  try {
    const folder = openFolder(path);
    try {
      if (!isNew) requireEmpty(folder, path);
      if (!isSame(folder, reachedFrom(world, path))) throw hidden(path, `for the server's processes, it is not there`);
      if (world.mode !== 'rootless') fchownSync(folder, phone.uid, phone.uid);
    } finally {
      closeSync(folder);
    }
    const [seen] = await lookAs(world, { uid: phone.uid, groups: [] }, [path]);
    if (seen !== 'ok') throw hidden(path, `UID ${phone.uid} can not walk there`);
    return path;
  } catch (error) {
    if (isNew) rmdirSync(path);
    throw error;
  }
};

/** The folder itself: in /tmp anybody may put a link to another one into its place, which would be given away. */
const openFolder = (path: string): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR', 'ELOOP')) throw error;
    throw new Problem('target', `${path} is a file or a link.`, 'Name a folder: --to DIR');
  }
};

const make = (path: string): boolean => {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(
      'target',
      `${path} can not be made: ${why}.`,
      'Name a new folder in one that is there: --to DIR',
      {
        cause: error,
      },
    );
  }
};

const requireEmpty = (folder: number, path: string): void => {
  const entries = readdirSync(`/proc/self/fd/${folder}`).length;
  if (entries === 0) return;
  throw new Problem(
    'target-not-empty',
    `${path} is not empty (${entries} entries); a restore would replace files of the same name.`,
    'Name a new or empty folder: --to DIR',
  );
};

/** A server of systemd's may have a /tmp of its own. */
const isSame = (folder: number, theirs: string): boolean => {
  const there = statSync(theirs, { throwIfNoEntry: false });
  const here = fstatSync(folder);
  return there !== undefined && there.dev === here.dev && there.ino === here.ino;
};

const hidden = (path: string, why: string): Problem =>
  new Problem(
    'target-hidden',
    `Nothing can be brought back to ${path}: ${why}.`,
    'Name a folder that the server and every user can walk to; or take the files as they come: berth-server phone dump … > FILE',
  );
