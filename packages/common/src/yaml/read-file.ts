import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isErrno } from '../errno.ts';
import { Problem } from '../problem.ts';
import { configLimitBytes } from './text.ts';

/** The bytes of a config file, or why it can't be read. A file over the limit comes cut one byte behind it. */
export type ReadFile =
  | { readonly ok: true; readonly content: Uint8Array }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Reads a regular file (a link to one is fine) of at most 256 KiB and one byte, however large it is or grows, so that
 * `loadYaml` can refuse it. Never waits: a pipe or a device in the file's place is refused, not read.
 */
export const readConfigFile = async (file: string): Promise<ReadFile> => {
  try {
    // Without O_NONBLOCK opening a pipe waits for its writer.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (!(await handle.stat()).isFile()) return { ok: false, problem: notAFile(file) };
    const buffer = Buffer.alloc(configLimitBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { ok: true, content: buffer.subarray(0, length) };
  } catch (error) {
    return { ok: false, problem: problemFor(file, error) };
  }
};

const notAFile = (file: string): Problem =>
  new Problem('config-not-a-file', `${file} is not a file`, 'Name the file itself, not its folder.');

const problemFor = (file: string, error: unknown): Problem => {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
    return new Problem('config-missing', `${file} does not exist`, 'Create it, or name the right file with --config.');
  }
  if (isErrno(error, 'EACCES', 'EPERM')) {
    return new Problem(
      'config-unreadable',
      `${file} may not be read by this user`,
      `Run ls -l ${file} and give this user the right to read it.`,
    );
  }
  if (isErrno(error, 'EISDIR', 'ENXIO')) return notAFile(file);
  if (error instanceof Error && 'code' in error) {
    return new Problem(
      'config-unreadable',
      `${file} could not be read: ${error.message}`,
      'Check the disk and the folder.',
      { cause: error },
    );
  }
  throw error;
};
