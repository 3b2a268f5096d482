import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { Row } from './ledger.ts';
import { folderOf, nameOf, type Raw } from './raw.ts';
import type { Shelf } from './shelf.ts';

/** What the mirror's folders hold by name, each listed once in a pass: looking at every file would cost twice as much. */
export class Listing {
  readonly #shelf: Shelf;
  /** Null for what is no folder of the mirror, such as a link: it may lead to the phone's own files. */
  readonly #folders = new Map<Raw, ReadonlySet<Raw> | null>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Whether a row's file stands in its place. Throws the disk's errors: what can not be listed is not missing. */
  has(row: Row): boolean {
    const folder = folderOf(row.place);
    let names = this.#folders.get(folder);
    if (names === undefined) {
      names = this.#list(folder);
      this.#folders.set(folder, names);
    }
    if (names === null) return false;
    if (names.has(nameOf(row.place))) return true;
    // Some disks list a name otherwise than it was given: composed, decomposed, or in letters they do not have.
    const found = this.#shelf.stat(row.place);
    return found !== null && isAsLeft(found, row);
  }

  #list(folder: Raw): ReadonlySet<Raw> | null {
    try {
      if (!this.#shelf.isStraight(folder)) return null;
      const entries = this.#shelf.disk.list(this.#shelf.whole(folder));
      return new Set(entries.flatMap(({ name, kind }) => (kind === 'file' ? [name] : [])));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
      throw error;
    }
  }
}

/** Whether the mirror's file is how the mirror left it. */
export const isAsLeft = (found: BigIntStats, { size, placeTime }: Row): boolean =>
  found.isFile() && found.size === BigInt(size) && String(found.mtimeNs) === placeTime;
