import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { placesFor, versionsFolder } from './names.ts';
import { folderOf, joined, type Raw, rawOf } from './raw.ts';
import { badName, isSameFile, mostNumbers, noLinks, type Shelf } from './shelf.ts';
import { Unsettled } from './source.ts';
import { NamesTaken } from './trouble.ts';

/**
 * Puts a copy in the place of what the mirror has there, which is kept below `.versions/<day>`; the name is never without a file, where
 * the disk has second names for one. `known` is what is there. Throws `Unsettled` when it is something else by the time.
 */
export const replaceKeeping = async (
  shelf: Shelf,
  fresh: Raw,
  about: { readonly place: Raw; readonly known: BigIntStats; readonly day: string },
): Promise<void> => {
  const { place, known, day } = about;
  const kept = keep(shelf, place, known, day);
  // On the disk under its new name before it loses the old one.
  await shelf.flush();
  if (kept === 'moved') {
    if (!shelf.give(fresh, place)) throw new Unsettled();
    return;
  }
  expectStill(shelf, place, known);
  shelf.disk.rename(fresh, shelf.whole(place));
  shelf.noteFolder(folderOf(shelf.whole(place)));
};

const keep = (shelf: Shelf, place: Raw, known: BigIntStats, day: string): 'linked' | 'moved' => {
  for (let count = 1; count <= mostNumbers; count += 1) {
    // A number on the folder and not on the file: names stay as long as they may be, and no version takes the place of another.
    const top = joined(versionsFolder, rawOf(count === 1 ? day : `${day}.${count}`));
    const paths = placesFor(place);
    for (const [index, path] of paths.entries()) {
      const version = joined(top, path);
      try {
        if (shelf.way(folderOf(version), true) !== folderOf(version)) break;
        const there = shelf.stat(version);
        if (there !== null && isSameFile(there, known)) return 'linked';
        if (there === null) return linkOrMove(shelf, place, known, version);
        break;
      } catch (error) {
        if (isErrno(error, 'EEXIST')) break;
        if (!isErrno(error, ...badName) || index === paths.length - 1) throw error;
      }
    }
  }
  throw new NamesTaken();
};

const linkOrMove = (shelf: Shelf, place: Raw, known: BigIntStats, version: Raw): 'linked' | 'moved' => {
  const [from, to] = [shelf.whole(place), shelf.whole(version)];
  expectStill(shelf, place, known);
  shelf.noteFolder(folderOf(to));
  try {
    shelf.disk.link(from, to);
    return 'linked';
  } catch (error) {
    if (!isErrno(error, ...noLinks)) throw error;
    if (shelf.disk.stat(to) !== null) throw new Unsettled();
    shelf.disk.rename(from, to);
    shelf.noteFolder(folderOf(from));
    return 'moved';
  }
};

const expectStill = (shelf: Shelf, place: Raw, known: BigIntStats): void => {
  const now = shelf.isStraight(folderOf(place)) ? shelf.stat(place) : null;
  if (now === null || !isSameFile(now, known)) throw new Unsettled();
};
