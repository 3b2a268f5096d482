import type { BigIntStats } from 'node:fs';
import type { MirrorDisk } from './disk.ts';
import { joined, type Raw, rawOf } from './raw.ts';
import { readThrough, type Source, stampOf, Unsettled } from './source.ts';
import { errorCode, ifPossible } from './trouble.ts';

/** A whole copy of a file of the phone, on the disk, under a name that nobody looks at. */
export interface Fresh {
  readonly path: Raw;
  readonly sha256: string;
  readonly size: number;
}

/** What is copied, and how it was when the pass saw it. */
export interface Seen {
  readonly path: Raw;
  readonly stat: BigIntStats;
}

/** Copies files of the phone to numbered names in one folder of the mirror. */
export class Incoming {
  readonly #disk: MirrorDisk;
  readonly #folder: Raw;
  readonly #mode: number;
  #count = 0;
  /** Until the disk says that it can not. */
  #canClone = true;

  constructor(disk: MirrorDisk, folder: Raw, mode: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#mode = mode;
  }

  /**
   * Copies an open file of the phone, with its time of change, and puts the copy on the disk. Blocks are shared where the file system can
   * (Btrfs, XFS, ZFS): what is written to either later does not reach the other. Throws `Unsettled` when the file changed meanwhile,
   * `Stopped`, and the disk's errors; whatever it throws, no copy stays.
   */
  async take(source: Source, whole: Raw, { stat }: Seen, signal: AbortSignal): Promise<Fresh> {
    this.#count += 1;
    const path = joined(this.#folder, rawOf(String(this.#count)));
    const size = Number(stat.size);
    try {
      const clone = await this.#clone(whole, path, stat, signal);
      const { sha256, bytes } = clone ?? (await this.#copy(source, path, stat, signal));
      source.check();
      if (bytes !== size) throw new Unsettled();
      return { path, sha256, size };
    } catch (error) {
      this.discard(path);
      throw error;
    }
  }

  /** Removes a copy that nobody wants, where there is one. */
  discard(path: Raw): void {
    try {
      if (this.#disk.stat(path) !== null) this.#disk.unlink(path);
    } catch (error) {
      // The next pass begins by removing it.
      if (errorCode(error) === null) throw error;
    }
  }

  async #copy(source: Source, path: Raw, stat: BigIntStats, signal: AbortSignal) {
    const file = await this.#disk.create(path);
    try {
      const read = await readThrough(source, Number(stat.size), signal, (bytes) => file.write(bytes));
      this.#finish(path, stat);
      await file.sync();
      return read;
    } finally {
      await file.close();
    }
  }

  /** Null where blocks can not be shared. The file is opened by its name once more, so what was shared is looked at before and after. */
  async #clone(whole: Raw, path: Raw, stat: BigIntStats, signal: AbortSignal) {
    if (!this.#canClone || stat.size === 0n || !this.#isStill(whole, stat)) return null;
    this.#canClone = this.#disk.clone(whole, path);
    if (!this.#canClone) return null;
    if (!this.#isStill(whole, stat)) throw new Unsettled();
    using file = this.#disk.openRead(path);
    const read = await readThrough(file, Number(stat.size), signal);
    this.#finish(path, stat);
    await this.#disk.sync(path);
    return read;
  }

  #isStill(whole: Raw, stat: BigIntStats): boolean {
    const now = this.#disk.stat(whole);
    return now !== null && now.dev === stat.dev && stampOf(now) === stampOf(stat);
  }

  /** Galleries sort by time of change. */
  #finish(path: Raw, stat: BigIntStats): void {
    ifPossible(() => this.#disk.setModified(path, Number(stat.mtimeNs) / 1e6));
    ifPossible(() => this.#disk.setMode(path, this.#mode));
  }
}
