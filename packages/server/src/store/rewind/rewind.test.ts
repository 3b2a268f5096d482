import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Moment } from '@berth/common/moment.ts';
import { describe, expect, test } from 'vitest';
import { type Disk, nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import { config } from '../object.ts';
import type { Store } from '../open.ts';
import { openContext } from '../open-context.ts';
import { readPast } from '../past/past.ts';
import { bodyOf, objectOf, sourceDirectory, testStore } from '../testing.ts';
import { takeInventory } from './inventory.ts';
import { planRewind } from './plan.ts';
import { rewind } from './rewind.ts';

const planFor = async (directory: string, moment: Moment) => {
  const layout = layoutOf(directory);
  const past = await readPast(nodeDisk, layout.journal, moment);
  return { past, plan: planRewind(past, await takeInventory(nodeDisk, layout)) };
};

const rewindTo = async (directory: string, seq: number, disk: Disk = nodeDisk) => {
  const args = { directory, disk, now: () => new Date(), pid: 77, isAlive: () => false };
  await using open = await openContext({ ...args, presence: 'exclusive', quotaBytes: null, floorBytes: null });
  const { past, plan } = await planFor(directory, { kind: 'place', seq });
  const end = await rewind(open.context, plan, { signal: new AbortController().signal, onStep: () => undefined });
  return { end, undo: past.seen, plan };
};

/** The place after all that has happened. */
const here = async (directory: string): Promise<number> =>
  (await planFor(directory, { kind: 'time', at: 1e14 })).past.seen;

const put = async (store: Store, text: string, type: Parameters<typeof objectOf>[1] = 'data') => {
  const { id, bytes } = objectOf(text, type);
  await store.put(id, bodyOf(bytes), bytes.length);
  return id;
};

const putConfig = (store: Store, text: string) => store.put(config, bodyOf(Buffer.from(text)), text.length);

/** A source with some of everything, and a moment after which nearly all of it goes, is replaced, or joined by more. */
const story = async (parent = tmpdir()) => {
  const source = await sourceDirectory(parent);
  await using store = await testStore(source.directory);
  await putConfig(store, 'the first config');
  const packs = [await put(store, 'one'), await put(store, 'two'), await put(store, 'three')];
  const rest = [await put(store, 'i', 'index'), await put(store, 'k', 'keys'), await put(store, 's', 'snapshots')];
  const lock = await put(store, 'a lock', 'locks');
  const then = {
    files: (await source.files('repo')).filter((file) => !file.startsWith('locks')),
    place: await here(source.directory),
  };
  for (const id of [...packs.slice(1), ...rest, config, lock]) await store.trash(id);
  // One that comes and goes again has two copies in the trash.
  await put(store, 'two');
  await store.trash(packs[1] ?? config);
  await put(store, 'three');
  await putConfig(store, 'another config, of another length');
  await put(store, 'later', 'snapshots');
  await put(store, 'later');
  await store.close();
  return { source, then, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
};

/** Where an fsync costs nothing: what a kill leaves is not a matter of it. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

describe('a rewind', () => {
  test('makes the objects of the moment the live ones, but for its locks', async () => {
    await using past = await story();
    const { source, then } = past;
    const { end, undo, plan } = await rewindTo(source.directory, then.place);
    expect(end).toBe('done');
    expect(plan.missing).toEqual([]);
    expect(await source.files('repo')).toEqual(then.files);
    expect(await readFile(join(source.directory, 'repo/config'), 'utf8')).toBe('the first config');
    expect(undo).toBeGreaterThan(then.place);
  });

  test('can be rewound, config and all', async () => {
    await using past = await story();
    const { source, then } = past;
    const before = await source.files('repo');
    const { undo } = await rewindTo(source.directory, then.place);
    await rewindTo(source.directory, undo);
    expect(await source.files('repo')).toEqual(before);
    expect(await readFile(join(source.directory, 'repo/config'), 'utf8')).toBe('another config, of another length');
    await rewindTo(source.directory, then.place);
    expect(await source.files('repo')).toEqual(then.files);
  });

  test('deletes nothing: every byte is live or in the trash, and the sums say so', async () => {
    await using past = await story();
    const { source, then } = past;
    const count = async () => (await source.files('repo')).length + (await source.files('trash')).length;
    const before = await count();
    await rewindTo(source.directory, then.place);
    expect(await count()).toBe(before);
    await using store = await testStore(source.directory);
    const usage = await store.usage();
    expect(usage.live.objects).toBe(then.files.length);
    expect(usage.trash.objects).toBe((await source.files('trash')).length);
  });

  test('that is over has nothing left to do', async () => {
    await using past = await story();
    await rewindTo(past.source.directory, past.then.place);
    const { plan } = await planFor(past.source.directory, { kind: 'place', seq: past.then.place });
    expect([plan.returns, plan.leaves, plan.missing]).toEqual([[], [], []]);
  });

  test('that a kill ends at any step of the disk comes to the same end when it is done again', {
    timeout: 60_000,
  }, async () => {
    for (let calls = 0; ; calls += 1) {
      await using past = await story(memory);
      const { source, then } = past;
      const disk = dyingDisk(calls);
      const ended = await rewindTo(source.directory, then.place, disk).then(
        () => 'done',
        () => 'killed',
      );
      // Whatever the moment needs is live or in the trash, so it can be planned again in full.
      await rewindTo(source.directory, then.place).then(({ plan }) => expect(plan.missing).toEqual([]));
      expect(await source.files('repo')).toEqual(then.files);
      expect(await readFile(join(source.directory, 'repo/config'), 'utf8')).toBe('the first config');
      if (ended === 'done') {
        expect(calls).toBeGreaterThan(20);
        return;
      }
    }
  });

  test('says what is gone for good, and takes a file that vanished for gone', async () => {
    await using past = await story();
    const { source, then } = past;
    const [copy = ''] = (await source.files('trash')).filter((file) => file.startsWith('index/'));
    await nodeDisk.unlink(join(source.directory, 'trash', copy));
    const { plan } = await planFor(source.directory, { kind: 'place', seq: then.place });
    expect(plan.missing.map(({ id }) => id.type)).toEqual(['index']);
  });

  test('takes a snapshot that the journal does not know for later', async () => {
    await using past = await story();
    const { source, then } = past;
    const { name } = objectOf('unknown', 'snapshots');
    await (await nodeDisk.openAppend(join(source.directory, 'repo/snapshots', name))).close();
    await rewindTo(source.directory, then.place);
    expect(await source.files('repo')).toEqual(then.files);
  });

  test('has the same digest for the same plan, whatever locks come and go', async () => {
    await using past = await story();
    const { source, then } = past;
    const moment = { kind: 'place', seq: then.place } as const;
    const { digest } = (await planFor(source.directory, moment)).plan;
    await using store = await testStore(source.directory);
    await put(store, 'a new lock', 'locks');
    expect((await planFor(source.directory, moment)).plan.digest).toBe(digest);
    await put(store, 'a new pack');
    expect((await planFor(source.directory, moment)).plan.digest).not.toBe(digest);
  });
});

/** The real disk, of whose changing calls the first `calls` are done and all later fail, as for a process that is gone. */
const dyingDisk = (calls: number): Disk => {
  let left = calls;
  const alive = (): void => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  return {
    ...nodeDisk,
    openAppend: async (path) => {
      const file = await nodeDisk.openAppend(path);
      return {
        ...file,
        append: async (bytes) => {
          alive();
          return file.append(bytes);
        },
      };
    },
    ...{
      link: async (from, to) => {
        alive();
        await nodeDisk.link(from, to);
      },
      rename: async (from, to) => {
        alive();
        await nodeDisk.rename(from, to);
      },
      unlink: async (path) => {
        alive();
        await nodeDisk.unlink(path);
      },
    },
  };
};
