import {
  type BigIntStats,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';

/** A database in a folder of its own, which goes when it is disposed of. */
export interface WalkableCopy extends Disposable {
  readonly path: string;
}

/**
 * A copy of the database at `path`, with its log, where `uid` can walk to: for a root who reads as that user, while a folder
 * above is closed to it (the server's own processes have another way there). Root copies bytes, and understands none of them.
 * As large as the database, though where the file system can, it takes no room. Throws `EBUSY` where the file changed each time.
 */
export const walkableCopy = (path: string, uid: number): WalkableCopy => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-state-'));
  const copy: WalkableCopy = {
    path: join(folder, basename(path)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  try {
    for (let tries = 0; tries < 10; tries += 1) {
      if (!copyOnce(path, copy.path, uid)) continue;
      chownSync(folder, uid, uid);
      return copy;
    }
    throw Object.assign(new Error(`${path} changes all the time`), { code: 'EBUSY' });
  } catch (error) {
    copy[Symbol.dispose]();
    throw error;
  }
};

/** False where either file changed meanwhile: a log goes with the database of its time only. */
const copyOnce = (from: string, to: string, uid: number): boolean => {
  const files = ['', '-wal'];
  const before = files.map((suffix) => stampOf(`${from}${suffix}`));
  for (const suffix of files) copyFile(`${from}${suffix}`, `${to}${suffix}`, uid);
  return files.every((suffix, index) => stampOf(`${from}${suffix}`) === before[index]);
};

const stampOf = (path: string): string => {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : stampWords(stat);
};

const stampWords = ({ ino, size, mtimeNs }: BigIntStats): string => `${ino}:${size}:${mtimeNs}`;

/** Only a file: its folder is another user's, who could have put a link to any file, or a pipe, in its place. */
const copyFile = (from: string, to: string, uid: number): void => {
  rmSync(to, { force: true });
  let file: number;
  try {
    file = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${from} is not a file`);
    copyFileSync(`/proc/self/fd/${file}`, to, constants.COPYFILE_FICLONE);
    chownSync(to, uid, uid);
  } finally {
    closeSync(file);
  }
};
