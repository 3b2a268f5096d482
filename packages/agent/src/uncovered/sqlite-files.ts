import { open, realpath, stat } from 'node:fs/promises';
import { bounds, openFiles, processes } from './proc.ts';
import type { Running } from './running.ts';

/**
 * The SQLite databases below `paths` that some process has open: to copy them as files is hope. `except` are folders that are berth's own. Bounded; a
 * process whose files we may not see has none.
 */
export const openSqliteFiles = async (
  proc: string,
  paths: readonly string[],
  except: readonly string[],
): Promise<readonly Running[]> => {
  const folders = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  const found = new Map<string, Running>();
  for (const { pid, name } of await processes(proc)) {
    if (found.size >= bounds.files) break;
    for (const { descriptor, target } of await openFiles(proc, pid)) {
      const path = target.replace(/-(?:wal|shm|journal)$/, '');
      if (found.has(path) || !isBelow(folders, path) || isBelow(except, path)) continue;
      // In a container the same words may mean another file.
      if (!looksLikeOne(path) || !(await isSame(descriptor, target)) || !(await isSqlite(path))) continue;
      found.set(path, { engine: 'sqlite', at: { kind: 'file', path }, isGuess: false, process: name });
    }
  }
  return [...found.values()];
};

const isBelow = (folders: readonly string[], path: string): boolean =>
  folders.some((folder) => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`));

const looksLikeOne = (path: string): boolean => /\.(?:sqlite3?|db3?|sqlite-db)$/i.test(path);

const isSame = async (one: string, other: string): Promise<boolean> => {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)));
  return first != null && second != null && first.dev === second.dev && first.ino === second.ino;
};

/** https://sqlite.org/fileformat.html: the first 16 bytes. */
const isSqlite = async (path: string): Promise<boolean> => {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return bytesRead === 16 && buffer.toString('latin1') === 'SQLite format 3\0';
  } catch {
    return false;
  }
};
