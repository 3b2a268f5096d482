import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '@berth/common/problem.ts';

/**
 * Takes the lock of a home, so that one run goes on at a time; disposing gives it back. The lock is the one SQLite takes on an empty
 * database: the kernel holds it for a process and drops it with the process, however that dies. A file with a process id would need
 * taking over, which two runs can do at once, and after a reboot the id may belong to anyone.
 * Throws a Problem 'busy', or 'state-unwritable' when the state folder can't be written.
 */
export const takeLock = async (file: string): Promise<AsyncDisposable> => {
  const holderFile = `${file}.pid`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(file);
    try {
      database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw error;
    }
    // It only names the holder to people: a full disk keeps no backup from running.
    await writeFile(holderFile, `${process.pid}\n`, { mode: 0o600 }).catch(() => undefined);
    return {
      [Symbol.asyncDispose]: async () => {
        await rm(holderFile, { force: true }).catch(() => undefined);
        database.close();
      },
    };
  } catch (error) {
    if (isBusy(error)) throw busy(await readFile(holderFile, 'utf8').catch(() => ''));
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new Problem(
      'state-unwritable',
      `${dirname(file)} can't be written: ${error.message}`,
      `Give this user the right to write there, and look whether the disk is full: ls -ld ${dirname(file)}; df ${dirname(file)}`,
      { cause: error },
    );
  }
};

/** SQLITE_BUSY, https://sqlite.org/rescode.html#busy */
const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === 5;

const busy = (holder: string): Problem =>
  new Problem(
    'busy',
    `Another run is going on${/^\d+\n$/.test(holder) ? ` (process ${holder.trim()})` : ''}.`,
    'Wait until it ends.',
  );

/** The lock; null where another holds it. Throws 'state-unwritable'. */
export const lockOrNull = async (file: string): Promise<AsyncDisposable | null> => {
  try {
    return await takeLock(file);
  } catch (error) {
    if (error instanceof Problem && error.code === 'busy') return null;
    throw error;
  }
};

/** Whether somebody holds it now. Throws 'state-unwritable'. */
export const isLocked = async (file: string): Promise<boolean> => {
  await using lock = await lockOrNull(file);
  return lock === null;
};
