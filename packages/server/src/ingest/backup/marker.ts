import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Ingest } from '../../sources/source.ts';
import type { PhoneFacts } from '../facts.ts';

/** What a look at the folder found in which a phone's files arrive. `missing`: it is not there, or it is not the phone's. */
export type IngestLook = 'ok' | 'missing' | 'unreadable';

/** What marks a folder as Syncthing's unless its `markerName` says otherwise (https://docs.syncthing.net/users/faq.html#marker-faq). */
export const usualMarker = '.stfolder';

/**
 * What has to be in a phone's folder: what Syncthing last called its marker, or what it usually is. Null where nothing is expected: without a
 * Syncthing that we know of, and where its marker is the folder itself, which is there without its disk, too. A name that leads out of the
 * folder is not believed.
 */
export const markerOf = (
  { syncthing }: Pick<Ingest, 'syncthing'>,
  facts: Pick<PhoneFacts, 'marker'> | null,
): string | null => {
  if (syncthing === null) return null;
  const name = posix.normalize(facts?.marker || usualMarker).replace(/\/$/, '');
  if (name === '.') return null;
  return /^(?:\/|\.\.(?:\/|$))|\0/.test(name) ? usualMarker : name;
};

/**
 * Whether this is the phone's folder, and not the empty place where its disk should be: a snapshot of that would be green, and retention
 * would walk away from the full ones. `marker` has to be there where one is named. Where none is, `seenFile` remembers that Syncthing's
 * usual one was there once, and from then on it has to be; before, a folder without one only must not be empty. Never rejects, except for a
 * `seenFile` that can not be written.
 */
export const lookAtIngest = async (place: {
  readonly ingest: string;
  readonly marker: string | null;
  readonly seenFile: string;
}): Promise<IngestLook> => {
  const { ingest, marker, seenFile } = place;
  const hasBeenSeen = await exists(seenFile);
  const seen = await lookInto(ingest, marker ?? usualMarker);
  if (typeof seen === 'string') return seen;
  if (seen.hasMarker) {
    if (marker === null && !hasBeenSeen) await remember(seenFile);
    return 'ok';
  }
  return marker !== null || hasBeenSeen || seen.isEmpty ? 'missing' : 'ok';
};

const lookInto = async (
  ingest: string,
  marker: string,
): Promise<{ readonly hasMarker: boolean; readonly isEmpty: boolean } | 'missing' | 'unreadable'> => {
  try {
    const names = await readdir(ingest);
    return { hasMarker: await exists(join(ingest, marker)), isEmpty: names.length === 0 };
  } catch (error) {
    // What else people meet is EACCES; and EIO, ESTALE, ENOTCONN of a disk that is there and does not answer.
    return isErrno(error, 'ENOENT', 'ENOTDIR') ? 'missing' : 'unreadable';
  }
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
};

const remember = async (file: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${usualMarker}\n`, { mode: 0o600 });
};
