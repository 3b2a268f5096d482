import { cp, lstat, mkdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { collectTool, lastWord, wordsOf } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';

/** Where in a dump a file or folder lies that belongs to a database: `also/srv/vault/attachments`. */
export const placeInDump = (folder: string, path: string): string => {
  const { root } = parse(path);
  return join(folder, 'also', path.slice(root.length));
};

/** Whether something is there. */
export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );

/**
 * Copies a file or folder with owners, modes and times, as cp does it; where there is no cp, as Node does. What goes away meanwhile is no failure:
 * it is named. Throws 'no-room' and `code`.
 */
export const copyTree = async (
  from: string,
  to: string,
  world: Pick<EngineWorld, 'run'>,
  signal: AbortSignal,
  code: 'dump-failed' | 'restore-failed',
): Promise<readonly string[]> => {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') {
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    return [];
  }
  const end = await collectTool(world, { kind: 'host' }, { argv: ['cp', '-a', '--', from, to] }, signal);
  if (end.code === 0) return [];
  const others = end.stderr.filter((line) => !line.includes('No such file or directory'));
  if (others.length === 0 && code === 'dump-failed') {
    return end.stderr.map((line) => `It went away while it was copied: ${line}`);
  }
  const cause = wordsOf(end);
  if (others.some((line) => line.includes('No space left'))) {
    throw new Problem('no-room', `There is no room for a copy of ${printable(from, 200)}.`, 'Make room on that disk.', {
      cause,
    });
  }
  const word = printable(lastWord({ stderr: others }, 'cp said nothing'), 300);
  throw new Problem(code, `${printable(from, 200)} could not be copied: ${word}.`, 'See what is in its way.', {
    cause,
  });
};
