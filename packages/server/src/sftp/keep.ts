import type { Dirent, Stats } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';
import { copyWhole, joinBytes, statOf, syncFolder } from './copy.ts';
import type { PassReport } from './report.ts';

export interface Pass {
  /** What the source stores; it may change under us at any moment and hold anything. */
  readonly files: string;
  /** The server's copies: `now/` mirrors `files`, `trash/<time>/` holds what was overwritten or deleted. */
  readonly kept: string;
  /** False only counts. */
  readonly immutable: boolean;
  readonly protectMs: number;
  /** A file that changed more recently may still be on its way here. */
  readonly settleMs: number;
  readonly now: Date;
}

/**
 * Looks at every file once. With `immutable` each one that has settled ends in `kept/now`, durably; the copy it
 * replaces, and the copies of what is gone, move to `kept/trash`, and what has been there for `protectMs` is purged.
 * Runs as the source, in a jail in which it can only read `files` (docs/decisions/0011). Names are bytes: old devices
 * do not write UTF-8. One file that fails does not stop the others, and a folder that can not be read loses no copy.
 */
export const keepPass = async (pass: Pass): Promise<PassReport> => {
  const work = new Work(pass);
  if (pass.immutable) await work.begin();
  await work.folder(null);
  if (pass.immutable) await work.purge();
  return work.report();
};

/** A folder below `files`, by its path from there; null is `files` itself. */
type Place = Buffer | null;

class Work {
  readonly #pass: Pass;
  readonly #stamp: string;
  #count = { used: 0, files: 0, unsettled: 0, copied: 0, trashed: 0, unreadable: 0, failed: 0 };
  #firstFailure: string | null = null;
  #newestMs: number | null = null;

  constructor(pass: Pass) {
    this.#pass = pass;
    this.#stamp = pass.now.toISOString().replaceAll(':', '-');
  }

  report(): PassReport {
    const { used, ...counts } = this.#count;
    return { usedBytes: used, ...counts, newestMs: this.#newestMs, firstFailure: this.#firstFailure };
  }

  /** What a pass that was cut off had not finished copying is of no use. */
  async begin(): Promise<void> {
    await rm(this.#kept('incoming', null), { recursive: true, force: true });
    for (const name of ['now', 'trash', 'incoming']) await mkdir(this.#kept(name, null), { recursive: true });
  }

  async folder(place: Place): Promise<void> {
    const from = joinBytes(this.#pass.files, place);
    const entries = await this.#try(() => readdir(from, { withFileTypes: true, encoding: 'buffer' }));
    // What can not be listed may still be there: its copies stay.
    if (entries === null) return;
    let changed = false;
    for (const entry of entries) {
      const path = place === null ? entry.name : joinBytes(place, entry.name);
      if (entry.isDirectory()) {
        if (this.#pass.immutable) await this.#try(() => this.#makeFolder(path));
        await this.folder(path);
      } else if (entry.isFile() && (await this.#try(() => this.#file(path)))) changed = true;
    }
    if (!this.#pass.immutable) return;
    await this.#try(() => this.#trashGone(place, entries));
    if (changed) await this.#try(() => syncFolder(this.#kept('now', place)));
  }

  /** Deletes what was trashed longer than `protectMs` ago, by the server's clock, and counts the rest. */
  async purge(): Promise<void> {
    const limit = new Date(this.#pass.now.getTime() - this.#pass.protectMs).toISOString().replaceAll(':', '-');
    const trash = this.#kept('trash', null);
    for (const name of await readdir(trash)) {
      const path = joinBytes(trash, Buffer.from(name));
      if (name < limit) await this.#try(() => rm(path, { recursive: true, force: true }));
      else await this.#countBelow(path);
    }
  }

  /** True when a new copy was made. */
  async #file(path: Buffer): Promise<boolean> {
    const { immutable, files, settleMs, now } = this.#pass;
    const from = joinBytes(files, path);
    const stat = await statOf(from);
    if (stat === null || !stat.isFile()) return false;
    this.#count.files += 1;
    this.#countUse(stat);
    this.#newestMs = Math.max(this.#newestMs ?? 0, stat.ctimeMs);
    if (!immutable) return false;
    const to = this.#kept('now', path);
    const copy = await statOf(to);
    if (copy !== null) this.#countUse(copy);
    if (copy?.isFile() && isSameVersion(stat, copy)) return false;
    // ctime, because a client can set every other time of its files to whatever it likes.
    if (now.getTime() - stat.ctimeMs < settleMs) {
      this.#count.unsettled += 1;
      return false;
    }
    const made = await copyWhole(from, this.#kept('incoming', Buffer.from(String(this.#count.copied))), stat);
    if (made === null) {
      this.#count.unsettled += 1;
      return false;
    }
    if (copy !== null) await this.#trash(path);
    await rename(made, to);
    this.#count.copied += 1;
    this.#count.used += stat.blocks * 512;
    return true;
  }

  async #makeFolder(path: Buffer): Promise<void> {
    const to = this.#kept('now', path);
    const copy = await statOf(to);
    if (copy?.isDirectory()) return;
    if (copy !== null) await this.#trash(path);
    await mkdir(to);
  }

  /** A copy stays in `now` only while something of its kind stands under its name. */
  async #trashGone(place: Place, entries: readonly Dirent<Buffer>[]): Promise<void> {
    const kindOf = new Map(entries.map((entry) => [entry.name.toString('latin1'), entry.isFile()]));
    const copies = await readdir(this.#kept('now', place), { withFileTypes: true, encoding: 'buffer' });
    for (const copy of copies) {
      // A file that has become a folder was trashed when the folder was made; the other way round it still stands.
      if (kindOf.get(copy.name.toString('latin1')) === copy.isFile()) continue;
      if (kindOf.has(copy.name.toString('latin1')) && copy.isFile()) continue;
      const path = place === null ? copy.name : joinBytes(place, copy.name);
      await this.#try(() => this.#trash(path));
    }
  }

  async #trash(path: Buffer): Promise<void> {
    const target = joinBytes(this.#kept('trash', Buffer.from(this.#stamp)), path);
    const above = target.subarray(0, target.lastIndexOf('/'));
    await mkdir(above, { recursive: true });
    await rename(this.#kept('now', path), target);
    // On the disk before anything takes its place.
    await syncFolder(above);
    this.#count.trashed += 1;
  }

  async #countBelow(folder: Buffer): Promise<void> {
    const entries = (await this.#try(() => readdir(folder, { withFileTypes: true, encoding: 'buffer' }))) ?? [];
    for (const entry of entries) {
      const path = joinBytes(folder, entry.name);
      const stat = await statOf(path);
      if (stat !== null) this.#countUse(stat);
      if (entry.isDirectory()) await this.#countBelow(path);
    }
  }

  #countUse({ blocks }: Stats): void {
    this.#count.used += blocks * 512;
  }

  #kept(part: string, path: Place): Buffer {
    return joinBytes(joinBytes(this.#pass.kept, Buffer.from(part)), path);
  }

  async #try<Result>(action: () => Promise<Result>): Promise<Result | null> {
    try {
      return await action();
    } catch (error) {
      // It went away while we looked: the next pass sees what became of it.
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
      if (isErrno(error, 'EACCES')) {
        this.#count.unreadable += 1;
        return null;
      }
      this.#count.failed += 1;
      this.#firstFailure ??= error instanceof Error && 'code' in error ? String(error.code) : String(error);
      return null;
    }
  }
}

/** A copy carries its file's modification time, to the millisecond that Node can set. */
const isSameVersion = (file: Stats, copy: Stats): boolean =>
  file.size === copy.size && Math.abs(file.mtimeMs - copy.mtimeMs) < 2;
