import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import type { MirrorDisk } from './disk.ts';
import { numbered, placesFor } from './names.ts';
import { folderOf, joined, nameOf, partsOf, type Raw, rawOf } from './raw.ts';
import { Unsettled } from './source.ts';
import { ifPossible, isAbsent } from './trouble.ts';

/** Who may read what the mirror makes: explicit, whatever mask the server was started with. */
export const modesOf = (readableBy: 'group' | 'all') =>
  readableBy === 'group' ? { file: 0o640, folder: 0o2750 } : { file: 0o644, folder: 0o755 };

/** What `seek` is answered about a place: that it will do, that the next is to be looked at, this one once more, or none. */
export type Verdict = 'here' | 'next' | 'again' | 'none';

/** A file system says so when it has no second names for a file, or not for this one of somebody else's. */
export const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];
/** And so when it can not hold a name. */
export const badName = ['ENAMETOOLONG', 'EINVAL', 'EILSEQ'];

/** A name that can not be taken and where nothing is seen either is not waited for. */
const mostLooks = 3;
/** More files of one name are nobody's album. */
export const mostNumbers = 10_000;

/**
 * The mirror's folder, which other people and programs use at the same time. Nothing of theirs is ever replaced, removed or written
 * through: folders on the way are looked at right before each write, and a link among them is somebody's and is gone around.
 * Paths are from the mirror's folder on. Nothing is durable before `flush` resolves.
 */
export class Shelf {
  readonly disk: MirrorDisk;
  readonly root: Raw;
  readonly #mode: number;
  readonly #dirty = new Set<Raw>();

  /** `root` is its real path; `mode` that of the folders that are made. */
  constructor(disk: MirrorDisk, root: Raw, mode: number) {
    this.disk = disk;
    this.root = root;
    this.#mode = mode;
  }

  whole(path: Raw): Raw {
    return joined(this.root, path);
  }

  stat(path: Raw): BigIntStats | null {
    return this.disk.stat(this.whole(path));
  }

  /**
   * Goes through the places that `wish` may take, until `visit` takes one; null when it takes none of them. With `make` the folders on the
   * way are made; without, a place in a folder that is not there is not visited. Throws the disk's errors.
   */
  async seek(
    wish: Raw,
    make: boolean,
    visit: (place: Raw, stat: BigIntStats | null) => Verdict | Promise<Verdict>,
  ): Promise<Raw | null> {
    let refused: unknown = null;
    for (const base of placesFor(wish)) {
      try {
        const folder = this.way(folderOf(base), make);
        return folder === null ? null : await this.#seekIn(joined(folder, nameOf(base)), visit);
      } catch (error) {
        if (!isErrno(error, ...badName)) throw error;
        refused = error;
      }
    }
    throw refused;
  }

  async #seekIn(
    base: Raw,
    visit: (place: Raw, stat: BigIntStats | null) => Verdict | Promise<Verdict>,
  ): Promise<Raw | null> {
    for (let count = 1; count <= mostNumbers; count += 1) {
      const place = numbered(base, count);
      let verdict: Verdict = 'again';
      for (let look = 0; verdict === 'again' && look < mostLooks; look += 1)
        verdict = await visit(place, this.stat(place));
      if (verdict === 'here') return place;
      if (verdict === 'none') return null;
    }
    return null;
  }

  /** Gives a copy its name; false when something has it, which stays as it is. */
  give(fresh: Raw, place: Raw): boolean {
    if (!this.isStraight(folderOf(place))) throw new Unsettled();
    const to = this.whole(place);
    this.#dirty.add(folderOf(to));
    try {
      this.disk.link(fresh, to);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      if (!isErrno(error, ...noLinks)) throw error;
      // Between these two calls nobody else has a turn, except other programs: there is no better way on such a disk.
      if (this.disk.stat(to) !== null) return false;
      this.disk.rename(fresh, to);
      return true;
    }
    this.disk.unlink(fresh);
    return true;
  }

  /** Makes what was done durable: every folder once. Throws the disk's errors; what was not synced by then is asked for again. */
  async flush(): Promise<void> {
    for (const folder of [...this.#dirty]) {
      await this.#syncFolder(folder);
      this.#dirty.delete(folder);
    }
  }

  /** Where folders can not be synced, names are as safe as that disk keeps them. */
  async #syncFolder(folder: Raw): Promise<void> {
    try {
      await this.disk.sync(folder);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  /** A name in `folder`, a whole path, has come or gone. */
  noteFolder(folder: Raw): void {
    this.#dirty.add(folder);
  }

  /** For a file that was found in its place: the folders on the way to it may not be on the disk yet. */
  note(place: Raw): void {
    for (let at = place; at !== ''; at = folderOf(at)) this.#dirty.add(folderOf(this.whole(at)));
  }

  /** Whether each part of the way is a folder, and none is a link. */
  isStraight(folder: Raw): boolean {
    let at = this.root;
    return partsOf(folder).every((part) => {
      at = joined(at, part);
      return this.disk.stat(at)?.isDirectory() ?? false;
    });
  }

  /** The way to `folder`, around what is no folder: `name~2` for it. Null without `make` where it ends. */
  way(folder: Raw, make: boolean): Raw | null {
    let at = rawOf('');
    for (const part of partsOf(folder)) {
      const next = this.#step(joined(at, part), make);
      if (next === null) return null;
      at = next;
    }
    return at;
  }

  #step(wish: Raw, make: boolean): Raw | null {
    for (let count = 1; count <= mostNumbers; ) {
      const path = numbered(wish, count);
      const there = this.stat(path);
      if (there?.isDirectory()) return path;
      if (there !== null) {
        count += 1;
      } else {
        if (!make) return null;
        this.makeFolder(path);
      }
    }
    return null;
  }

  /** Makes a folder of the mirror's mode; false when something of that name is there. */
  makeFolder(path: Raw): boolean {
    const whole = this.whole(path);
    const permissions = this.#mode & 0o777;
    if (!this.disk.makeFolder(whole, permissions)) return false;
    this.#dirty.add(folderOf(whole));
    const made = this.disk.stat(whole);
    // Where the folder above passes its group on, the new one does so already, and must not be touched: disk.ts, makeFolder.
    const lacksSetgid = (this.#mode & 0o2000) !== 0 && made !== null && (made.mode & 0o2000n) === 0n;
    // A service that may make nothing setgid (systemd.exec(5), RestrictSUIDSGID) refuses it: a folder without is one too.
    if (lacksSetgid) ifPossible(() => this.disk.setMode(whole, this.#mode));
    return true;
  }
}

/** Whether two looks were at the same file, whatever became of its names and bytes. */
export const isSameFile = (one: BigIntStats, other: BigIntStats): boolean =>
  one.isFile() && other.isFile() && one.dev === other.dev && one.ino === other.ino;
