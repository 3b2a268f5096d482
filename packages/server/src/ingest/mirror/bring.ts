import type { BigIntStats } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { floorOf } from '../../store/room.ts';
import { type Fresh, Incoming } from './copy.ts';
import type { Count } from './count.ts';
import type { Ledger, Row } from './ledger.ts';
import type { Task } from './look.ts';
import { incomingFolder } from './open-shelf.ts';
import { Owners } from './owners.ts';
import type { MirrorArguments, PassResult } from './pass.ts';
import { type Placed, Placer } from './place.ts';
import { joined, type Raw } from './raw.ts';
import type { Shelf } from './shelf.ts';
import { breathe, openSource, readThrough, Stopped, stampOf, Unreadable, Unsettled } from './source.ts';
import { errorCode, isFull, NamesTaken, wordsOf } from './trouble.ts';
import { wishFor } from './wish.ts';
import type { MirrorWorld } from './world.ts';

/** Where and with what the second half of a pass works. */
export interface Workplace {
  readonly args: MirrorArguments;
  readonly world: MirrorWorld;
  readonly ledger: Ledger;
  readonly shelf: Shelf;
  readonly count: Count;
  /** The phone's folder, by its real path. */
  readonly ingest: Raw;
  readonly fileMode: number;
}

/** What is written down together: the folders of so many files are put on the disk once. */
const batchFiles = 64;
const batchBytes = 256 * 1024 ** 2;

/** The second half of a pass: brings what is new or changed into the mirror. */
export class Bringer {
  readonly #at: Workplace;
  readonly #incoming: Incoming;
  readonly #owners: Owners;
  readonly #placer: Placer;
  #rows: Row[] = [];
  #forgotten: Raw[] = [];
  #tally = { copied: 0, copiedBytes: 0, versions: 0 };
  #isTight = false;

  constructor(at: Workplace) {
    const { shelf, fileMode, ledger, world, args } = at;
    this.#at = at;
    this.#incoming = new Incoming(shelf.disk, shelf.whole(incomingFolder), fileMode);
    this.#owners = new Owners(ledger.rows.values());
    this.#placer = new Placer(shelf, this.#owners, world.signal, dayOf(world.now(), args.timeZone));
  }

  /** A file that fails does not stop the others; a disk that is full does: what follows would fail too. */
  async bring(tasks: readonly Task[]): Promise<PassResult['outcome']> {
    const { signal } = this.#at.world;
    let outcome: PassResult['outcome'] | null = null;
    for (const task of tasks) {
      outcome = signal.aborted ? 'stopped' : await this.#attempt(task);
      if (outcome !== null) break;
      if (this.#rows.length >= batchFiles || this.#tally.copiedBytes >= batchBytes) await this.#save();
      await breathe();
    }
    await this.#save();
    return outcome ?? (this.#isTight ? 'full' : 'done');
  }

  /** Null to go on. */
  async #attempt(task: Task): Promise<PassResult['outcome'] | null> {
    const { count } = this.#at;
    try {
      await this.#one(task);
    } catch (error) {
      if (error instanceof Stopped) return 'stopped';
      if (error instanceof Unsettled) count.unsettled += 1;
      else if (error instanceof Unreadable) count.unreadable += 1;
      else if (error instanceof NamesTaken) count.fail(error.message);
      else if (!(error instanceof Error) || errorCode(error) === null) throw error;
      else if (isFull(error) || isErrno(error, 'EROFS')) {
        count.first(wordsOf(error));
        return isFull(error) ? 'full' : 'target-unwritable';
      } else count.fail(wordsOf(error));
    }
    return null;
  }

  async #one({ path, stat, step }: Task): Promise<void> {
    const { shelf, ledger, ingest, world } = this.#at;
    const row = ledger.rows.get(path);
    const size = Number(stat.size);
    using source = openSource(shelf.disk, ingest, path, stat);
    const hash = once(async () => {
      const { sha256, bytes } = await readThrough(source, size, world.signal);
      source.check();
      if (bytes !== size) throw new Unsettled();
      return sha256;
    });
    if (step === 'changed' && row?.size === size && (await hash()) === row.sha256) {
      this.#rows.push(this.#placer.touch(row, stat));
      return;
    }
    const wish = await wishFor(this.#at, row, { path, stat, source });
    const there = await this.#placer.find(step === 'changed' && row ? row.place : null, {
      wish,
      path,
      stat,
      size,
      hash,
    });
    if (there !== null) {
      this.#note(row, { path, stat, sha256: await hash(), placed: there });
      return;
    }
    if (!this.#hasRoom(size)) return;
    const fresh = await this.#incoming.take(source, joined(ingest, path), { path, stat }, world.signal);
    try {
      const placed = await this.#place(step === 'changed' ? row : undefined, fresh, { wish, path, stat });
      this.#note(row, { path, stat, sha256: fresh.sha256, placed });
    } finally {
      this.#incoming.discard(fresh.path);
    }
  }

  async #place(row: Row | undefined, fresh: Fresh, wished: Parameters<Placer['put']>[1]): Promise<Placed> {
    const replaced = row === undefined ? null : await this.#placer.replace(fresh, row);
    return replaced ?? (await this.#placer.put(fresh, wished));
  }

  /** A file that would leave too little is left for later, and smaller ones still come. */
  #hasRoom(bytes: number): boolean {
    const { shelf, args, count } = this.#at;
    const { totalBytes, freeBytes } = shelf.disk.space(shelf.root);
    if (freeBytes - bytes >= floorOf(args.floorBytes, totalBytes)) return true;
    count.first('what is left free on the disk is too little for more');
    this.#isTight = true;
    return false;
  }

  #note(
    old: Row | undefined,
    about: { readonly path: Raw; readonly stat: BigIntStats; readonly sha256: string; readonly placed: Placed },
  ): void {
    const { path, stat, sha256, placed } = about;
    const { place, placeTime, how } = placed;
    const row = { path, stamp: stampOf(stat), size: Number(stat.size), sha256, place, placeTime, goneAt: null };
    if (old !== undefined) this.#owners.remove(old);
    // What is gone from the phone and lies in the very same place has come back, under another name there.
    for (const other of this.#owners.of(place).filter((owner) => owner.place === place && owner.path !== path)) {
      this.#owners.remove(other);
      this.#forgotten.push(other.path);
    }
    this.#owners.add(row);
    this.#rows.push(row);
    if (how === 'found') return;
    this.#tally.copied += 1;
    this.#tally.copiedBytes += row.size;
    if (how === 'replaced') this.#tally.versions += 1;
  }

  /** Folders first, then the index: what it says is on the disk. */
  async #save(): Promise<void> {
    const { shelf, ledger, count, world } = this.#at;
    const [rows, forgotten, tally] = [this.#rows, this.#forgotten, this.#tally];
    [this.#rows, this.#forgotten, this.#tally] = [[], [], { copied: 0, copiedBytes: 0, versions: 0 }];
    try {
      await shelf.flush();
    } catch (error) {
      if (!(error instanceof Error) || errorCode(error) === null) throw error;
      // Nobody knows what is on the disk: the next pass finds these files in their places, and asks again.
      count.fail(wordsOf(error));
      return;
    }
    if (rows.length === 0) return;
    ledger.save({ rows, forgotten, tally: { atMs: world.now().getTime(), ...tally } });
    count.copied += tally.copied;
    count.copiedBytes += tally.copiedBytes;
    count.versions += tally.versions;
  }
}

const once = <Value>(work: () => Promise<Value>): (() => Promise<Value>) => {
  let promise: Promise<Value> | null = null;
  return () => {
    promise ??= work();
    return promise;
  };
};

/** `2026-11-21`, by the clock on the wall of a zone. */
const dayOf = (now: Date, timeZone: string): string => {
  const words = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const part = (type: string): string => words.formatToParts(now).find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
};
