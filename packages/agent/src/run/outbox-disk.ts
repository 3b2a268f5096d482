import { open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { replaceFile } from './replace-file.ts';

/** What an outbox does on disk; tests cut it off between any two of these. */
export interface OutboxDisk {
  /** The names in a folder; none in one that is missing. */
  readonly list: (folder: string) => Promise<readonly string[]>;
  /** null when it is not there. */
  readonly read: (file: string) => Promise<string | null>;
  /** Whole or not at all, and after it resolved whatever happens to the power. Makes the folder. */
  readonly write: (file: string, content: string) => Promise<void>;
  /** Also of what is gone already. */
  readonly remove: (file: string) => Promise<void>;
}

/** This machine's. */
export const realDisk: OutboxDisk = {
  list: (folder) => readdir(folder).catch((error) => orMissing(error, [])),
  read: (file) => readFile(file, 'utf8').catch((error) => orMissing(error, null)),
  write: replaceFile,
  remove: async (file) => {
    await rm(file, { force: true });
    await using folder = await open(dirname(file), 'r');
    await folder.sync();
  },
};

const orMissing = <Value>(error: unknown, value: Value): Value => {
  if (isErrno(error, 'ENOENT')) return value;
  throw error;
};
