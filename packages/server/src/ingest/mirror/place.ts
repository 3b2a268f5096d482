import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { Fresh } from './copy.ts';
import type { Row } from './ledger.ts';
import { isAsLeft } from './listing.ts';
import type { Owners } from './owners.ts';
import { folderOf, type Raw } from './raw.ts';
import { isSameFile, type Shelf } from './shelf.ts';
import { readThrough, stampOf, Unsettled } from './source.ts';
import { ifPossible, NamesTaken } from './trouble.ts';
import { replaceKeeping } from './versions.ts';

/** Where a file of the phone is in the mirror, and how it came there. */
export interface Placed {
  readonly place: Raw;
  /** Its time of change there, in nanoseconds. */
  readonly placeTime: string;
  /** `found`: these very bytes were there; `new`; `replaced`: what was there is a version now. */
  readonly how: 'found' | 'new' | 'replaced';
}

/** A file of the phone that is to be in the mirror. */
interface Wish {
  readonly wish: Raw;
  readonly path: Raw;
  readonly size: number;
  /** The phone's own file: the same one under another name is no copy of it. */
  readonly stat: BigIntStats;
  /** SHA-256 of its bytes, in hex. */
  readonly hash: () => Promise<string>;
}

/** Decides where in the mirror a file goes, by what is there. */
export class Placer {
  readonly #shelf: Shelf;
  readonly #owners: Owners;
  readonly #signal: AbortSignal;
  readonly #day: string;

  /** `day` names the versions that are set aside. */
  constructor(shelf: Shelf, owners: Owners, signal: AbortSignal, day: string) {
    this.#shelf = shelf;
    this.#owners = owners;
    this.#signal = signal;
    this.#day = day;
  }

  /**
   * The bytes that are wanted, where they already are: at `before`, or else where they would be put. So it is after a pass that was cut
   * off, after the index was lost, and when somebody put them there. They are put on the disk. Null where they are not.
   */
  async find(before: Raw | null, wished: Wish): Promise<Placed | null> {
    const place =
      before === null
        ? await this.#shelf.seek(wished.wish, false, async (at, there) => {
            if (there === null) return 'none';
            return (await this.#isSame(at, there, wished)) ? 'here' : 'next';
          })
        : await this.#findAt(before, wished);
    return place === null ? null : this.#take(place);
  }

  async #findAt(place: Raw, wished: Wish): Promise<Raw | null> {
    const there = this.#shelf.isStraight(folderOf(place)) ? this.#shelf.stat(place) : null;
    return there !== null && (await this.#isSame(place, there, wished)) ? place : null;
  }

  /** Gives a copy the first name that is free, unless its bytes are found on the way there. */
  async put(fresh: Fresh, { wish, path, stat }: Pick<Wish, 'wish' | 'path' | 'stat'>): Promise<Placed> {
    let how: Placed['how'] = 'found';
    const wished: Wish = { wish, path, stat, size: fresh.size, hash: async () => fresh.sha256 };
    const place = await this.#shelf.seek(wish, true, async (at, there) => {
      if (there !== null) return (await this.#isSame(at, there, wished)) ? 'here' : 'next';
      if (!this.#shelf.give(fresh.path, at)) return 'again';
      how = 'new';
      return 'here';
    });
    if (place === null) throw new NamesTaken();
    return how === 'found' ? this.#take(place) : this.#placed(place, how);
  }

  /**
   * Puts a copy in the place of the mirror's own older one, which becomes a version. Null where what stands there is not the mirror's:
   * somebody's edit, or a folder; that stays as it is.
   */
  async replace(fresh: Fresh, row: Row): Promise<Placed | null> {
    const { place } = row;
    const there = this.#shelf.isStraight(folderOf(place)) ? this.#shelf.stat(place) : null;
    if (there === null || !there.isFile()) return null;
    const isOurs = isAsLeft(there, row) || (await this.#holds(place, there, row.size, async () => row.sha256));
    if (!isOurs) return null;
    await replaceKeeping(this.#shelf, fresh.path, { place, known: there, day: this.#day });
    return this.#placed(place, 'replaced');
  }

  /** The row of a file whose bytes are as they were, and nothing else is. */
  touch(row: Row, stat: BigIntStats): Row {
    const { place } = row;
    const there = this.#shelf.isStraight(folderOf(place)) ? this.#shelf.stat(place) : null;
    const touched = { ...row, stamp: stampOf(stat), goneAt: null };
    if (there === null || !isAsLeft(there, row)) return touched;
    // Of a file that somebody else put there, they alone may say it.
    ifPossible(() => this.#shelf.disk.setModified(this.#shelf.whole(place), Number(stat.mtimeNs) / 1e6));
    return { ...touched, placeTime: this.#placed(place, 'found').placeTime };
  }

  async #isSame(place: Raw, there: BigIntStats, { path, stat, size, hash }: Wish): Promise<boolean> {
    if (isSameFile(there, stat)) return false;
    return !this.#isTaken(place, there, path) && (await this.#holds(place, there, size, hash));
  }

  /** Whether another file of the phone is kept there, perhaps under a name that this disk takes for the same. */
  #isTaken(place: Raw, there: BigIntStats, path: Raw): boolean {
    return this.#owners.of(place).some((row) => {
      if (row.path === path || row.goneAt !== null) return false;
      if (row.place === place) return true;
      const its = this.#shelf.stat(row.place);
      return its !== null && isSameFile(its, there);
    });
  }

  async #holds(place: Raw, there: BigIntStats, size: number, hash: () => Promise<string>): Promise<boolean> {
    if (!there.isFile() || there.size !== BigInt(size)) return false;
    try {
      using file = this.#shelf.disk.openRead(this.#shelf.whole(place));
      if (!isSameFile(file.stat(), there)) return false;
      const { sha256, bytes } = await readThrough(file, size, this.#signal);
      return bytes === size && sha256 === (await hash());
    } catch (error) {
      // What can not be read here is somebody else's.
      if (isErrno(error, 'EACCES', 'EPERM', 'ENOENT', 'ELOOP', 'ENXIO')) return false;
      throw error;
    }
  }

  /** What was found may have been put there a second ago. */
  async #take(place: Raw): Promise<Placed> {
    await this.#shelf.disk.sync(this.#shelf.whole(place));
    this.#shelf.note(place);
    return this.#placed(place, 'found');
  }

  #placed(place: Raw, how: Placed['how']): Placed {
    const there = this.#shelf.stat(place);
    if (there === null) throw new Unsettled();
    return { place, placeTime: String(there.mtimeNs), how };
  }
}
