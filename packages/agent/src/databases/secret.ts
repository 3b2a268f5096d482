import { open } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';
import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';

const mostBytes = 64 * 1024;

/** The one line of a password file. Throws 'secret-unreadable' and, when others than its owner can get at it, 'secret-exposed'. */
export const readSecret = async (file: string, platform = process.platform): Promise<string> => {
  const text = await readPrivate(file, platform);
  const [line, ...rest] = text.split(/\r?\n/);
  if (line === undefined || line === '' || rest.some((more) => more !== '')) {
    throw unreadable(file, 'is not one line', 'Write the password into it, and nothing else.');
  }
  return line;
};

/** All of a file that holds secrets, such as an option file. Throws as `readSecret`. */
export const readPrivate = async (file: string, platform = process.platform): Promise<string> => {
  try {
    await using handle = await open(file, 'r');
    const { mode, size } = await handle.stat();
    if (platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Problem(
        'secret-exposed',
        `Others on this machine can get at ${quoted(file)} (mode ${(mode & 0o777).toString(8)}).`,
        `Run: chmod 600 ${quoted(file)}`,
      );
    }
    if (size > mostBytes) throw unreadable(file, 'is too large for a password', 'Look the path up in agent.yaml.');
    return await handle.readFile('utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw unreadable(file, 'is not there', 'Look the path up in agent.yaml.');
    if (isErrno(error, 'EACCES')) throw unreadable(file, 'may not be read', 'Give it to the user that berth runs as.');
    if (isErrno(error, 'EISDIR')) throw unreadable(file, 'is a folder', 'Look the path up in agent.yaml.');
    throw error;
  }
};

const quoted = (file: string): string => printable(file, 200);

const unreadable = (file: string, why: string, remedy: string): Problem =>
  new Problem('secret-unreadable', `The file ${quoted(file)} ${why}.`, remedy);
