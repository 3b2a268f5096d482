import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dateOfAt } from '@berth/server/ingest/dates/date-of.ts';
import { jpegTakenAt } from '@berth/server/ingest/dates/testing.ts';
import { nodeMirrorDisk } from '@berth/server/ingest/mirror/disk.ts';
import { mirrorPass } from '@berth/server/ingest/mirror/mirror.ts';
import type { PassResult } from '@berth/server/ingest/mirror/pass.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Album, type Contents, contentsOf, mirrorIn } from './helpers/phone/album.ts';
import { restoredFrom } from './helpers/phone/snapshots.ts';
import { type PhoneStore, phoneStore } from './helpers/phone/store.ts';

const days = 30;
const dayMs = 86_400_000;
const weekly = 7;
const keptDays = 14;

let root = '';
let store: PhoneStore;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'berth-month-'));
  for (const folder of ['ingest/.stfolder', 'mirror', 'state', 'by-date', 'by-date-state', 'store'])
    await mkdir(join(root, folder), { recursive: true });
  store = await phoneStore(join(root, 'store'), '/usr/bin/restic');
  await store.init();
});
afterAll(async () => {
  await store?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** A phone whose owner takes photos every day, edits a few, and makes room once a week. Everything arrives at once. */
class Life {
  readonly #folder: string;
  /** The day each photo that is still there was taken on. */
  readonly #taken = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What one day does to the phone; `at` is its evening. */
  async day(day: number, at: Date): Promise<void> {
    const names = Array.from({ length: 8 }, (_, index) => `DCIM/Camera/IMG_${day}_${index}.jpg`);
    for (const [index, path] of names.entries()) {
      await this.#write(path, Buffer.concat([jpegTakenAt(at, day * 8 + index), randomBytes(2000 + 100 * index)]));
      this.#taken.set(path, day);
    }
    const old = [...this.#taken.keys()].filter((path) => !names.includes(path));
    for (const turn of [0, 1]) {
      const path = old[(day * 13 + turn * 29) % Math.max(1, old.length)];
      // Some editors leave an empty file when they crash.
      if (path !== undefined)
        await this.#write(path, day % 10 === 9 && turn === 1 ? Buffer.alloc(0) : randomBytes(2500));
    }
    if (day % weekly !== weekly - 1) return;
    for (const [path, taken] of this.#taken) {
      if (taken > day - keptDays) continue;
      await rm(join(this.#folder, path));
      this.#taken.delete(path);
    }
  }

  /** In one step, as Syncthing does. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = join(this.#folder, path);
    const partial = join(dirname(file), `.syncthing.${path.split('/').at(-1)}.tmp`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(partial, bytes);
    await rename(partial, file);
  }
}

interface Evening {
  readonly day: number;
  readonly snapshot: string;
  /** What was on the phone then. */
  readonly there: Contents;
}

/** Brings back every evening, a week later at the earliest while the month is not over, and compares it byte for byte. */
class Restores {
  isOver = false;
  /** So many were the same. */
  restored = 0;
  readonly #evenings: Evening[] = [];
  #next = 0;

  add(evening: Evening): void {
    this.#evenings.push(evening);
  }

  async run(): Promise<void> {
    for (;;) {
      const isReady = this.isOver || this.#next + weekly < this.#evenings.length;
      const evening = isReady ? this.#evenings[this.#next] : undefined;
      if (evening === undefined && this.isOver) return;
      if (evening === undefined) await sleep(50);
      else {
        this.#next += 1;
        await this.#restore(evening);
      }
    }
  }

  async #restore({ day, snapshot, there }: Evening): Promise<void> {
    expect([day, await restoredFrom(store.repository, snapshot)]).toEqual([day, there]);
    this.restored += 1;
  }
}

const pass = (target: 'mirror' | 'by-date', at: Date): Promise<PassResult> =>
  mirrorPass(
    {
      ...{ ingest: join(root, 'ingest'), target: join(root, target), to: target },
      state: join(root, target === 'mirror' ? 'state' : 'by-date-state'),
      ...{ from: ['DCIM'], exclude: [], layout: target === 'mirror' ? 'as-is' : 'by-date', readableBy: 'group' },
      ...{ types: 'media', settleMs: 2000, floorBytes: 0, timeZone: 'UTC', marker: '.stfolder' },
    },
    {
      ...{ disk: nodeMirrorDisk, now: () => at, dateOf: dateOfAt(() => at.getTime()) },
      ...{ signal: new AbortController().signal, newMark: () => randomUUID() },
    },
  );

const onThePhone = async (): Promise<Contents> =>
  new Map([...(await contentsOf(join(root, 'ingest')))].filter(([path]) => !path.startsWith('.stfolder')));

test('after a month no photo that ever was is missing from the mirror, and the snapshot of every day restores', async () => {
  const ingest = join(root, 'ingest');
  const life = new Life(ingest);
  const [album, newest] = [new Album(), new Map<string, string>()];
  const restores = new Restores();
  // Beside life going on, to use both cores.
  const restoring = restores.run();
  restoring.catch(() => undefined);
  // What is written now has settled by the first of its evenings.
  const startMs = Date.now() + dayMs;
  for (let day = 0; day < days; day += 1) {
    const at = new Date(startMs + day * dayMs);
    await life.day(day, at);
    const there = await onThePhone();
    album.seeAll(there);
    for (const [path, hash] of there) newest.set(path, hash);
    for (const target of ['mirror', 'by-date'] as const) {
      const result = await pass(target, at);
      expect([day, result.outcome, result.failed, result.firstFailure]).toEqual([day, 'done', 0, null]);
    }
    restores.add({ day, snapshot: await store.backUp(ingest, at), there });
  }
  restores.isOver = true;
  const left = await onThePhone();
  expect(album.paths).toHaveLength(8 * days);
  expect(left.size).toBeLessThan(8 * (keptDays + weekly));

  const mirror = await mirrorIn(join(root, 'mirror'));
  expect(album.missingFrom(mirror)).toEqual([]);
  // And as it was last, without a file that nobody ever took.
  expect(mirror.files).toEqual(newest);
  const edits = [...mirror.versions.values()].reduce((sum, hashes) => sum + hashes.length, 0);
  expect(edits).toBeGreaterThan(days);
  const byDate = new Set((await contentsOf(join(root, 'by-date'))).values());
  expect(album.hashes.filter((hash) => !byDate.has(hash))).toEqual([]);

  await Promise.all([restoring, restores.run(), restores.run()]);
  expect(restores.restored).toBe(days);
});
