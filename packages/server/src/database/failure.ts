import { Problem } from '@berth/common/problem.ts';

/** What SQLite says went wrong: https://sqlite.org/rescode.html. Null for what is not its error. */
export const sqliteCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;

const [corrupt, notDatabase, ioError, full, ioFsync, ioDirFsync] = [11, 26, 10, 13, 1034, 1290] as const;

/** True when the file is no database, or a damaged one. */
export const isBroken = (error: unknown): boolean => {
  const code = sqliteCode(error);
  return code !== null && ((code & 0xff) === corrupt || (code & 0xff) === notDatabase);
};

/** True after an fsync that failed. */
export const isLostSync = (error: unknown): boolean => {
  const code = sqliteCode(error);
  return code === ioFsync || code === ioDirFsync;
};

/**
 * A full or failing disk as a Problem, which whoever asked is told; what it wanted was not done, and nothing is half done.
 * Anything else stays as it is: a bug, a broken file, or an fsync that failed, after which nobody knows what is on the disk.
 */
export const explained = (error: unknown): unknown => {
  const code = sqliteCode(error);
  if (code === null || isLostSync(error)) return error;
  if ((code & 0xff) === full) {
    return new Problem(
      'disk-full',
      'The disk of the server is full, so nothing more can be kept.',
      'Free space on the server; whoever sent this tries again later.',
      { cause: error },
    );
  }
  if ((code & 0xff) === ioError) {
    return new Problem(
      'state-unwritable',
      'The server can not write down what it has to keep.',
      "Look at the server's disk and at its log; whoever sent this tries again later.",
      { cause: error },
    );
  }
  return error;
};
