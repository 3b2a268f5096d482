import { getSystemErrorMessage } from 'node:util';
import { isErrno } from '@berth/common/errno.ts';

/** What the disk calls an error of its own, such as `EIO`; null for what is not its error, and so a bug. */
export const errorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && 'errno' in error ? error.code : null;

/** Somebody has taken thousands of names, for a file or for its versions. Waiting does not help. */
export class NamesTaken extends Error {
  override readonly message = 'all the names that a file may have in the mirror are taken';
}

/** True when the disk has no room, or this user may take no more of it. */
export const isFull = (error: unknown): boolean => isErrno(error, 'ENOSPC', 'EDQUOT');

/** A disk says so that has no such thing. */
const absent = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'];
/** Network shares, disks without owners, and others' files say so of modes and times. */
const refused = [...absent, 'EPERM', 'EACCES'];

/** Does what a copy is better with and is whole without. Throws the errors of a disk that fails. */
export const ifPossible = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, ...refused)) throw error;
  }
};

/** True when a disk has no such thing as it was asked for. */
export const isAbsent = (error: unknown): boolean => isErrno(error, ...absent);

/** In words for a person, without a full stop and without a path: the same cause always gives the same words. */
export const wordsOf = (error: Error): string => {
  const code = errorCode(error);
  const number = 'errno' in error && typeof error.errno === 'number' ? error.errno : null;
  const call = 'syscall' in error && typeof error.syscall === 'string' ? ` in ${error.syscall}` : '';
  return code === null || number === null ? error.message : `${getSystemErrorMessage(number)} (${code}${call})`;
};
