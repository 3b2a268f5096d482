import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Disk, nodeDisk } from '../disk.ts';
import { config, namedTypes } from '../object.ts';
import { readPast } from '../past/past.ts';
import { bodyOf, contentOf, faultyDisk, objectOf, sourceDirectory, testStore } from '../testing.ts';
import { scrubOf, store } from './testing.ts';

/** Turns the lowest bit of the byte at `at`. */
const flip = async (path: string, at = 0): Promise<void> => {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
};

/** A source with one object of each type live and another one in the trash. */
const filledSource = async () => {
  const source = await sourceDirectory();
  await using open = await testStore(source.directory);
  await store(open, config, 'an old config');
  await open.trash(config);
  await store(open, config, 'the config');
  for (const type of namedTypes) {
    const old = objectOf(`old ${type}`, type);
    await store(open, old.id, `old ${type}`);
    await open.trash(old.id);
    await store(open, objectOf(`new ${type}`, type).id, `new ${type}`);
  }
  return source;
};

describe('what is bad', () => {
  test('of every type, live and in the trash, is found, named and put into quarantine; nothing else is accused', async () => {
    await using source = await filledSource();
    const files = [...(await source.files('repo')), ...(await source.files('trash'))];
    expect(files).toHaveLength(12);
    expect(await scrubOf(source.directory)).toMatchObject({ checked: 12, bad: [], stopped: null, notes: [] });
    for (const top of ['repo', 'trash'] as const) {
      for (const file of await source.files(top)) {
        await flip(join(source.directory, top, file), 3);
        const { checked, bad } = await scrubOf(source.directory);
        const [type, name] = top === 'repo' ? [file.split('/')[0], file.split('/').at(-1)] : file.split(/[/.]/);
        expect(bad).toEqual([
          {
            id: { type, name },
            where: top === 'repo' ? 'live' : 'trash',
            reason: 'hash',
            quarantined: true,
            restoredFromTrash: false,
          },
        ]);
        expect(checked).toBeGreaterThan(0);
        expect(await source.files(top)).not.toContain(file);
      }
    }
    expect(await source.files('quarantine')).toHaveLength(12);
    expect(await scrubOf(source.directory)).toMatchObject({ checked: 0, bad: [] });
    await using open = await testStore(source.directory);
    expect(await open.usage()).toEqual({ live: { bytes: 0, objects: 0 }, trash: { bytes: 0, objects: 0 } });
  });

  test('is replaced by a good copy from the trash', async () => {
    await using source = await sourceDirectory();
    const { id, name } = objectOf('twice');
    await using open = await testStore(source.directory);
    await store(open, id, 'twice');
    await open.trash(id);
    await store(open, id, 'twice');
    await flip(join(source.directory, 'repo/data', name.slice(0, 2), name));
    const { bad } = await scrubOf(source.directory);
    expect(bad).toMatchObject([{ id, where: 'live', quarantined: true, restoredFromTrash: true }]);
    expect(await contentOf(open, id)).toBe('twice');
    expect(await source.files('trash')).toEqual([]);
    const { now } = await readPast(nodeDisk, join(source.directory, 'journal'), { kind: 'time', at: Date.now() });
    expect([now.live.size, now.trash.size]).toEqual([1, 0]);
  });

  test('frees its name: the right bytes are stored again, and the past has them again', async () => {
    await using source = await sourceDirectory();
    const { id, name, bytes } = objectOf('a pack');
    await using open = await testStore(source.directory, { now: () => new Date(1_000) });
    await store(open, id, 'a pack');
    await flip(join(source.directory, 'repo/data', name.slice(0, 2), name));
    expect((await scrubOf(source.directory, { now: () => new Date(2_000) })).bad).toHaveLength(1);
    const whereabouts = async () => {
      const past = await readPast(nodeDisk, join(source.directory, 'journal'), { kind: 'time', at: 1_500 });
      return past.objects.get(`data/${name}`)?.where;
    };
    expect(await whereabouts()).toEqual({ kind: 'gone' });
    expect(await open.size(id)).toBeNull();
    expect(await open.put(id, bodyOf(bytes), bytes.length)).toEqual({ kind: 'stored' });
    expect(await contentOf(open, id)).toBe('a pack');
    expect(await whereabouts()).toEqual({ kind: 'live' });
    expect(await open.usage()).toMatchObject({ live: { bytes: 6, objects: 1 } });
    expect((await scrubOf(source.directory)).bad).toEqual([]);
  });

  test('may be of another size than its record, or without a record at all', async () => {
    await using source = await sourceDirectory();
    await using open = await testStore(source.directory);
    await store(open, objectOf('another').id, 'another');
    const { id, name } = objectOf('cut short', 'index');
    await store(open, id, 'cut short');
    await truncate(join(source.directory, 'repo/index', name), 3);
    const { name: other } = objectOf('never recorded', 'keys');
    await writeFile(join(source.directory, 'repo/keys', other), 'something else');
    expect((await scrubOf(source.directory)).bad).toMatchObject([
      { id: { type: 'keys', name: other }, reason: 'hash', quarantined: true },
      { id, reason: 'size', quarantined: true },
    ]);
    expect(await open.usage()).toEqual({ live: { bytes: 7, objects: 1 }, trash: { bytes: 0, objects: 0 } });
  });

  test('is what the disk gives an error for, named with it; but not what this user may not read', async () => {
    await using source = await filledSource();
    const { name } = objectOf('new data');
    const failing = (code: string): Disk => ({
      ...nodeDisk,
      openRead: async (path) => {
        if (path.includes(name)) throw Object.assign(new Error(`${code}: i/o`), { code });
        return nodeDisk.openRead(path);
      },
    });
    expect((await scrubOf(source.directory, { disk: failing('EACCES') })).bad).toMatchObject([
      { reason: 'EACCES', quarantined: false },
    ]);
    expect((await scrubOf(source.directory, { disk: failing('EIO') })).bad).toMatchObject([
      { id: { type: 'data', name }, reason: 'EIO', quarantined: true },
    ]);
    await expect(scrubOf(source.directory, { disk: failing('EMFILE') })).resolves.toMatchObject({ bad: [] });
    const { name: keys } = objectOf('new keys', 'keys');
    const busy: Disk = {
      ...nodeDisk,
      openRead: async (path) => {
        if (path.includes(keys)) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
        return nodeDisk.openRead(path);
      },
    };
    await expect(scrubOf(source.directory, { disk: busy })).rejects.toThrow('too many open files');
    expect(await source.files('quarantine')).toHaveLength(1);
  });

  test('is named even where the disk takes no record of it, and then stays where it is until it does', async () => {
    await using source = await filledSource();
    const { name } = objectOf('new data');
    const file = join(source.directory, 'repo/data', name.slice(0, 2), name);
    await flip(file);
    const full = faultyDisk({ call: 'append', code: 'ENOSPC', when: () => true });
    expect((await scrubOf(source.directory, { disk: full })).bad).toMatchObject([
      { id: { name }, reason: 'hash', quarantined: false },
    ]);
    const unwritable = faultyDisk({ call: 'createFile', code: 'EROFS', when: () => true });
    const { bad, notes } = await scrubOf(source.directory, { disk: unwritable });
    expect(bad).toMatchObject([{ id: { name }, quarantined: true }]);
    expect(notes).toEqual([expect.stringContaining('did not take')]);
    expect((await scrubOf(source.directory)).bad).toEqual([]);
    expect(await source.files('quarantine')).toHaveLength(1);
  });

  test('stops a scrub when one file after another can not be read: that is the disk', async () => {
    await using source = await sourceDirectory();
    await using open = await testStore(source.directory);
    for (let index = 0; index < 40; index += 1) await store(open, objectOf(`pack ${index}`).id, `pack ${index}`);
    const broken: Disk = {
      ...nodeDisk,
      openRead: async (path) => {
        if (path.includes('/data/')) throw Object.assign(new Error('EIO: i/o'), { code: 'EIO' });
        return nodeDisk.openRead(path);
      },
    };
    const { bad, stopped, cycle } = await scrubOf(source.directory, { disk: broken });
    expect([bad.length, stopped, cycle.endedAt]).toEqual([16, 'failing-disk', null]);
    expect(await source.files('repo')).toHaveLength(24);
  });
});

describe('nothing good is accused:', () => {
  test('a file that was read wrong once is read again', async () => {
    await using source = await filledSource();
    const { name } = objectOf('new data');
    let wrong = 1;
    const flaky: Disk = {
      ...nodeDisk,
      openRead: async (path) => {
        const file = await nodeDisk.openRead(path);
        if (!path.endsWith(name) || wrong === 0) return file;
        wrong -= 1;
        await flip(path);
        const close = file.close.bind(file);
        return Object.assign(file, {
          close: async () => {
            await flip(path);
            await close();
          },
        });
      },
    };
    expect(await scrubOf(source.directory, { disk: flaky })).toMatchObject({ checked: 12, bad: [] });
    expect(wrong).toBe(0);
    expect(await source.files('quarantine')).toEqual([]);
  });

  test('a file that goes while it is looked at is no finding', async () => {
    await using source = await filledSource();
    const vanishing: Disk = {
      ...nodeDisk,
      openRead: async (path) => {
        if (/\/(?:repo|trash)\//.test(path)) await rm(path);
        return nodeDisk.openRead(path);
      },
    };
    expect(await scrubOf(source.directory, { disk: vanishing })).toMatchObject({ checked: 0, bad: [] });
  });

  test('a client that replaces a bad file just before it is moved gets it back at its place', async () => {
    await using source = await filledSource();
    const { id, name } = objectOf('new data');
    const file = join(source.directory, 'repo/data', name.slice(0, 2), name);
    await flip(file);
    const late: Disk = {
      ...nodeDisk,
      rename: async (from, to) => {
        if (from === file) await writeFile(file, 'new data');
        await rename(from, to);
      },
    };
    expect(await scrubOf(source.directory, { disk: late })).toMatchObject({ bad: [] });
    expect(await source.files('quarantine')).toEqual([]);
    await using open = await testStore(source.directory);
    expect(await contentOf(open, id)).toBe('new data');
    const past = await readPast(nodeDisk, join(source.directory, 'journal'), { kind: 'time', at: Date.now() });
    expect(past.objects.get(`data/${name}`)?.where).toEqual({ kind: 'live' });
  });
});

describe('config', () => {
  /** A source whose config came before records had its hash. */
  const oldSource = async () => {
    const source = await sourceDirectory();
    const put = { at: '2026-01-01T00:00:00.000Z', op: 'put', type: 'config', name: 'config', size: 10 };
    await writeFile(join(source.directory, 'journal/2026-01.jsonl'), `${JSON.stringify(put)}\n`);
    await writeFile(join(source.directory, 'repo/config'), 'the config');
    return source;
  };

  test('whose record has no hash is compared with what it was when it was first seen, which is said', async () => {
    await using source = await oldSource();
    expect((await scrubOf(source.directory)).notes).toEqual([expect.stringContaining('from now on')]);
    expect((await scrubOf(source.directory)).notes).toEqual([]);
    await flip(join(source.directory, 'repo/config'));
    expect((await scrubOf(source.directory)).bad).toMatchObject([{ id: config, reason: 'hash', quarantined: true }]);
  });

  test('that another one replaces during the scrub is compared with its own record', async () => {
    await using source = await filledSource();
    await using open = await testStore(source.directory);
    const replacing: Disk = {
      ...nodeDisk,
      list: async (path) => {
        if (path.endsWith('repo') && (await contentOf(open, config)) === 'the config') {
          await open.trash(config);
          await store(open, config, 'another config');
        }
        return nodeDisk.list(path);
      },
    };
    expect((await scrubOf(source.directory, { disk: replacing })).bad).toEqual([]);
  });
});

test('waits while an admin works on the source, and only then touches it', async () => {
  await using source = await filledSource();
  const { name } = objectOf('new data');
  await flip(join(source.directory, 'repo/data', name.slice(0, 2), name));
  const exclusive = join(source.directory, 'incoming/99-exclusive');
  await mkdir(exclusive);
  let waited = 0;
  const { bad } = await scrubOf(source.directory, {
    isAlive: (pid) => pid === 99,
    sleep: async () => {
      expect(await source.files('quarantine')).toEqual([]);
      waited += 1;
      if (waited === 3) await rm(exclusive, { recursive: true });
    },
  });
  expect([waited, bad.length]).toEqual([3, 1]);
});
