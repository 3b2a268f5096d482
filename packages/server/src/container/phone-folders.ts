import { statSync } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { phonePlaceFindings } from '../ingest/place-findings.ts';
import { phoneFolders } from '../sources/ingest-conflicts.ts';
import type { Source } from '../sources/source.ts';
import type { Wishes } from './settings.ts';

/**
 * Throws unless every folder of a phone is there, and lies apart from the server's own. None is ever made by `up`: an unmounted disk must not
 * fill the system's. Asked before the engine, which knows neither whose folder it is nor what to do.
 */
export const requirePhoneFolders = (
  sources: readonly Source[],
  { dataDir, configDir }: Pick<Wishes, 'dataDir' | 'configDir'>,
): void => {
  const [inside] = phonePlaceFindings(sources, { dataDir, configDir });
  if (inside !== undefined) throw new Problem(inside.code, inside.message, inside.remedy);
  const uids = new Map<string, number>(sources.map(({ name, uid }) => [name, uid]));
  for (const { source, key, folder } of phoneFolders(sources)) {
    if (isFolder(folder)) continue;
    const owner = uids.get(source) ?? 0;
    const what = key === 'to' ? 'mirror' : 'ingest folder';
    throw new Problem(
      'phone-folder-missing',
      `The ${what} of ${source}, ${folder}, is not a folder on this machine.`,
      key === 'to'
        ? `Mount its disk, or make it: install -d -o ${owner} -m 2750 ${shellWord(folder)}`
        : 'Mount its disk, or write the folder that Syncthing has on this machine: sources.yaml, ingest: { folder: … }',
    );
  }
};

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    // Who may talk to the engine may not be able to look everywhere. The engine is root, and says what it finds.
    if (isErrno(error, 'EACCES')) return true;
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return false;
    throw error;
  }
};

/** As a shell reads it back. */
const shellWord = (text: string): string =>
  /^[\w/.@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
