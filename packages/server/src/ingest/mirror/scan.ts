import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { Entry, MirrorDisk } from './disk.ts';
import { joined, partsOf, type Raw, rawOf } from './raw.ts';
import { errorCode } from './trouble.ts';
import type { Wanted } from './wanted.ts';

/** What a look at the phone's folder comes to: a file; something that could not be looked at, with its path; or what is never copied. */
export type Sight =
  | { readonly kind: 'file'; readonly path: Raw; readonly stat: BigIntStats }
  /** Nothing at or below `path` may be called gone. `error` is null where it was only gone again in between. */
  | { readonly kind: 'unlisted'; readonly path: Raw; readonly error: Error | null }
  | { readonly kind: 'skipped'; readonly path: Raw };

/** Looks at every file that is wanted below `ingest` once, by name and by what the disk says of it; opens none, follows no link. */
export function* scan(disk: MirrorDisk, ingest: Raw, wanted: Wanted): Generator<Sight> {
  for (const top of wanted.from) {
    const way = wayTo(disk, ingest, top);
    if (way === 'folder') yield* scanFolder(disk, ingest, top, wanted);
    else if (way !== null) yield way;
  }
}

/** A folder that was named is reached through folders only; null where there is none. */
const wayTo = (disk: MirrorDisk, ingest: Raw, top: Raw): 'folder' | Sight | null => {
  let at = rawOf('');
  try {
    for (const part of partsOf(top)) {
      at = joined(at, part);
      const found = disk.stat(joined(ingest, at));
      if (found === null) return null;
      if (!found.isDirectory()) return { kind: 'skipped', path: at };
    }
  } catch (error) {
    return unlisted(at, error);
  }
  return 'folder';
};

function* scanFolder(disk: MirrorDisk, ingest: Raw, folder: Raw, wanted: Wanted): Generator<Sight> {
  const entries = listOf(disk, ingest, folder);
  if (!Array.isArray(entries)) {
    yield entries;
    return;
  }
  for (const { name, kind } of entries) {
    const path = joined(folder, name);
    if (kind === 'folder') {
      if (wanted.folder(path, name)) yield* scanFolder(disk, ingest, path, wanted);
    } else if (wanted.file(path, name)) yield kind === 'file' ? lookAt(disk, ingest, path) : { kind: 'skipped', path };
  }
}

const listOf = (disk: MirrorDisk, ingest: Raw, folder: Raw): Entry[] | Sight => {
  try {
    return [...disk.list(joined(ingest, folder))];
  } catch (error) {
    return unlisted(folder, error);
  }
};

const lookAt = (disk: MirrorDisk, ingest: Raw, path: Raw): Sight => {
  try {
    const stat = disk.stat(joined(ingest, path));
    // Gone since its folder was listed, or something else by now: the next pass sees what became of it.
    return stat?.isFile() ? { kind: 'file', path, stat } : { kind: 'unlisted', path, error: null };
  } catch (error) {
    return unlisted(path, error);
  }
};

const unlisted = (path: Raw, error: unknown): Sight => {
  if (!(error instanceof Error) || errorCode(error) === null) throw error;
  return { kind: 'unlisted', path, error: isErrno(error, 'ENOENT', 'ENOTDIR') ? null : error };
};
