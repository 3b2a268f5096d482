import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { MirrorDisk } from './disk.ts';
import type { Row } from './ledger.ts';
import { folderOf, joined, nameOf, type Raw } from './raw.ts';

/** What the mirror's folders hold by name, each listed once in a pass: looking at every file would cost twice as much. */
export class Listing {
  readonly #disk: MirrorDisk;
  readonly #root: Raw;
  readonly #folders = new Map<Raw, ReadonlySet<Raw>>();

  constructor(disk: MirrorDisk, root: Raw) {
    this.#disk = disk;
    this.#root = root;
  }

  /** Whether a row's file stands in its place. Throws the disk's errors: what can not be listed is not missing. */
  has(row: Row): boolean {
    const folder = folderOf(row.place);
    let names = this.#folders.get(folder);
    if (names === undefined) {
      names = this.#list(folder);
      this.#folders.set(folder, names);
    }
    if (names.has(nameOf(row.place))) return true;
    // Some disks list a name otherwise than it was given: composed, decomposed, or in letters they do not have.
    const found = this.#disk.stat(joined(this.#root, row.place));
    return found !== null && isAsLeft(found, row);
  }

  #list(folder: Raw): ReadonlySet<Raw> {
    try {
      const entries = this.#disk.list(joined(this.#root, folder));
      return new Set(entries.flatMap(({ name, kind }) => (kind === 'file' ? [name] : [])));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return new Set();
      throw error;
    }
  }
}

/** Whether the mirror's file is how the mirror left it. */
export const isAsLeft = (found: BigIntStats, { size, placeTime }: Row): boolean =>
  found.isFile() && found.size === BigInt(size) && String(found.mtimeNs) === placeTime;
