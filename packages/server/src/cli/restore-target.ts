import { chownSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
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
    if (!isNew) requireEmpty(path);
    if (!isSame(path, reachedFrom(world, path))) throw hidden(path, `the server's processes see no such folder there`);
    if (world.mode !== 'rootless') chownSync(path, phone.uid, phone.uid);
    const [seen] = await lookAs(world, { uid: phone.uid, groups: [] }, [path]);
    if (seen !== 'ok') throw hidden(path, `UID ${phone.uid} can not walk there`);
    return path;
  } catch (error) {
    if (isNew) rmdirSync(path);
    throw error;
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

const requireEmpty = (path: string): void => {
  if (!statSync(path).isDirectory()) throw new Problem('target', `${path} is a file.`, 'Name a folder: --to DIR');
  const entries = readdirSync(path).length;
  if (entries === 0) return;
  throw new Problem(
    'target-not-empty',
    `${path} is not empty (${entries} entries); a restore would replace files of the same name.`,
    'Name a new or empty folder: --to DIR',
  );
};

/** A server of systemd's may have a /tmp of its own. */
const isSame = (ours: string, theirs: string): boolean => {
  const there = statSync(theirs, { throwIfNoEntry: false });
  const here = statSync(ours);
  return there !== undefined && there.dev === here.dev && there.ino === here.ino;
};

const hidden = (path: string, why: string): Problem =>
  new Problem(
    'target-hidden',
    `Nothing can be brought back to ${path}: ${why}.`,
    'Name a folder that the server and every user can walk to; or take the files as they come: berth-server phone dump … > FILE',
  );
