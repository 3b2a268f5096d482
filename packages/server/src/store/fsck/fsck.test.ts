import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { change } from '../change.ts';
import { nodeDisk } from '../disk.ts';
import { readJournal } from '../journal-read.ts';
import { layoutOf, livePath, trashPath } from '../layout.ts';
import { config } from '../object.ts';
import { fold, keyOf } from '../past/fold.ts';
import { beginning } from '../seq.ts';
import { bodyOf, objectOf, sourceDirectory, testStore } from '../testing.ts';
import { readUsage } from '../usage-read.ts';
import { unsettled } from './fsck.ts';
import { look } from './look.ts';
import { isSettled, repair } from './repair.ts';
import { damages, findIn, journalOf, openFor, repairIn } from './testing.ts';

type Source = Awaited<ReturnType<typeof sourceDirectory>>;

const namesIn = async (directory: string, options: { verify?: boolean } = {}): Promise<readonly string[]> =>
  (await findIn(directory, options)).findings.map(({ code, name }) => `${code} ${name}`).sort();

const store = async (source: Source, ...parcels: readonly ReturnType<typeof objectOf>[]) => {
  await using open = await testStore(source.directory);
  for (const { id, bytes } of parcels) await open.put(id, bodyOf(bytes), bytes.length);
};

/** The fold of a source's journal. */
const foldOf = async ({ directory }: Source) => {
  const folded = fold();
  const folder = join(directory, 'journal');
  await readJournal({ disk: nodeDisk, folder, from: beginning, visit: folded.add });
  return folded;
};

/** A history of `steps` random puts, deletions, restores, purges and quarantines, each step whole. */
const live = async (source: Source, random: (below: number) => number, steps: number): Promise<void> => {
  await using open = await openFor(source.directory);
  const { context } = open;
  let now = fold();
  for (let step = 0; step < steps; step += 1) {
    const { id, bytes } = objectOf(`object ${random(8)}`, random(3) === 0 ? 'snapshots' : 'data');
    const isLive = now.live.has(keyOf(id));
    const copies = [...now.trash.values()];
    const copy = copies[random(copies.length || 1)];
    const kind = random(10);
    if (!isLive && kind < 6) {
      await writeFile(livePath(context.layout, id), bytes, { mode: 0o600 });
      await context.record({ op: 'put', id, size: bytes.length, sha256: null });
    } else if (isLive && kind < 6) await change(context, { op: 'trash', id, size: bytes.length });
    else if (isLive && kind === 6) {
      await writeFile(livePath(context.layout, id), `${bytes}!`);
      await change(context, { op: 'quarantine', id, size: bytes.length, of: null });
    } else if (copy !== undefined && kind === 7 && !now.live.has(keyOf(copy.id)))
      await change(context, { op: 'restore', id: copy.id, size: copy.size, of: copy.seq });
    else if (copy !== undefined && kind === 8)
      await change(context, { op: 'purge', id: copy.id, size: copy.size, of: copy.seq });
    now = await foldOf(source);
  }
};

/** The hashes of all whole objects a source still has anywhere. */
const wholeObjects = async ({ directory, files }: Source, folders: readonly string[]): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (const folder of folders) {
    for (const file of await files(folder)) {
      const sha256 = createHash('sha256')
        .update(await readFile(join(directory, folder, file)))
        .digest('hex');
      if (basename(file).split('.')[0] === sha256) found.add(sha256);
    }
  }
  return found;
};

/** The same of those in `repo/`, as `type/name`: the bytes of one type can be those of another too. */
const wholeLive = async (source: Source): Promise<ReadonlySet<string>> => {
  const whole = await wholeObjects(source, ['repo']);
  const files = (await source.files('repo')).map((file) => `${file.split('/')[0]}/${basename(file)}`);
  return new Set(files.filter((file) => whole.has(basename(file))));
};

test('whatever happened to files and journal, a repair is followed by a clean fsck, and loses no whole object', async () => {
  const kinds = Object.keys(damages);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: 0, max: 30 }),
      fc.array(fc.constantFrom(...kinds), { maxLength: 5 }),
      async (seed, steps, chosen) => {
        let state = seed;
        const random = (below: number): number => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          return Math.floor((state / 2 ** 32) * below);
        };
        await using source = await sourceDirectory();
        await live(source, random, steps);
        for (const kind of chosen) await damages[kind]?.(source, random);
        const before = await wholeObjects(source, ['repo', 'trash']);
        const wasLive = await foldOf(source);
        const liveThere = await wholeLive(source);

        const repaired = await repairIn(source.directory);
        expect(unsettled(repaired.left)).toEqual([]);
        expect(isSettled(repaired)).toBe(true);
        const second = await findIn(source.directory, { verify: true });
        expect(unsettled(second.findings)).toEqual([]);
        expect(await readUsage(nodeDisk, source.directory)).toEqual(second.fold.usage());
        const after = await wholeObjects(source, ['repo', 'trash', 'quarantine']);
        const purged = await purgedIn(source);
        expect([...before].filter((name) => !after.has(name) && !purged.has(name))).toEqual([]);
        const stillLive = await wholeLive(source);
        const due = [...wasLive.live.values()]
          .map(({ id }) => `${id.type}/${id.name}`)
          .filter((name) => liveThere.has(name));
        expect(due.filter((name) => !stillLive.has(name))).toEqual([]);

        const journal = await readFile(await journalOf(source)).catch(() => null);
        await repairIn(source.directory);
        expect(await readFile(await journalOf(source)).catch(() => null)).toEqual(journal);
      },
    ),
    {
      ...randomRuns({ everyday: 5, long: 15 }),
      ...(process.env['BERTH_SEED'] && { seed: Number(process.env['BERTH_SEED']) }),
    },
  );
}, 120_000);

/** What a record says was purged, and what could be missing for that reason. */
const purgedIn = async ({ directory }: Source): Promise<ReadonlySet<string>> => {
  const purged = new Set<string>();
  const visit = ({ record }: { record: { op: string; id?: { name: string } } }) => {
    if (record.op === 'purge' && record.id !== undefined) purged.add(record.id.name);
  };
  await readJournal({ disk: nodeDisk, folder: join(directory, 'journal'), from: beginning, visit });
  return purged;
};

describe('finds', () => {
  test('nothing in a source that ended well, and says what it amounts to', async () => {
    await using source = await sourceDirectory();
    await store(source, objectOf('one'), objectOf('two', 'keys'));
    const { findings, objects, fold: counted } = await findIn(source.directory, { verify: true });
    expect(findings).toEqual([]);
    expect(objects).toBe(2);
    expect(counted.usage().live).toEqual({ bytes: 6, objects: 2 });
  });

  test('a live file without a record, and records it once its bytes are its name', async () => {
    await using source = await sourceDirectory();
    await store(source, objectOf('known'));
    const [good, bad] = [objectOf('came by itself', 'index'), objectOf('what it should be', 'index')];
    await writeFile(join(source.directory, 'repo/index', good.name), good.bytes, { mode: 0o600 });
    await writeFile(join(source.directory, 'repo/index', bad.name), 'something else', { mode: 0o600 });
    expect(await namesIn(source.directory)).toEqual(
      [`unrecorded repo/index/${good.name}`, `unrecorded repo/index/${bad.name}`].sort(),
    );
    await repairIn(source.directory);
    const { live } = await foldOf(source);
    expect([live.has(keyOf(good.id)), live.has(keyOf(bad.id))]).toEqual([true, false]);
    expect(await source.files('repo/index')).toEqual([good.name]);
    expect(await source.files('quarantine')).toEqual([expect.stringContaining(bad.name)]);
    expect((await findIn(source.directory)).findings).toEqual([]);
  });

  test('a record without a file: it comes back from the trash where a sound copy is, else it is lost', async () => {
    await using source = await sourceDirectory();
    const [again, gone] = [objectOf('deleted once and put again'), objectOf('nowhere')];
    await using open = await testStore(source.directory);
    await open.put(again.id, bodyOf(again.bytes), null);
    await open.trash(again.id);
    for (const { id, bytes } of [again, gone]) await open.put(id, bodyOf(bytes), null);
    await open.close();
    for (const { name } of [again, gone]) await unlink(join(source.directory, 'repo/data', name.slice(0, 2), name));
    expect(await namesIn(source.directory)).toEqual(
      [again, gone].map(({ name }) => `missing repo/data/${name.slice(0, 2)}/${name}`).sort(),
    );
    await repairIn(source.directory);
    const { live, trash } = await foldOf(source);
    expect([live.has(keyOf(again.id)), live.has(keyOf(gone.id)), trash.size]).toEqual([true, false, 0]);
    expect((await findIn(source.directory, { verify: true })).findings).toEqual([]);
  });

  test('a file in the trash without a record is deleted from now on, whether or not the object is live', async () => {
    await using source = await sourceDirectory();
    const [live, dead] = [objectOf('live as well'), objectOf('only in the trash')];
    await store(source, live);
    for (const { name, bytes } of [live, dead])
      await writeFile(join(source.directory, `trash/data/${name}.2026110000000123`), bytes, { mode: 0o600 });
    expect((await namesIn(source.directory)).every((line) => line.startsWith('unrecorded-trash '))).toBe(true);
    await repairIn(source.directory);
    const after = await foldOf(source);
    expect([...after.live.keys()]).toEqual([keyOf(live.id)]);
    expect([...after.trash.values()].map(({ id }) => id.name).sort()).toEqual([live.name, dead.name].sort());
    for (const { id, seq } of after.trash.values())
      expect(await nodeDisk.size(trashPath(layoutOf(source.directory), id, seq))).not.toBeNull();
  });

  test('other bytes of the same size only when it hashes, and puts them in quarantine', async () => {
    await using source = await sourceDirectory();
    const { id, name } = objectOf('the right bytes');
    await store(source, objectOf('the right bytes'));
    const path = join(source.directory, 'repo/data', name.slice(0, 2), name);
    await writeFile(path, 'the wrong bytes');
    expect(await namesIn(source.directory)).toEqual([]);
    expect(await namesIn(source.directory, { verify: true })).toEqual([
      `bad-bytes repo/data/${name.slice(0, 2)}/${name}`,
    ]);
    await repairIn(source.directory, { verify: true });
    expect((await foldOf(source)).live.has(keyOf(id))).toBe(false);
    expect(await source.files('quarantine')).toHaveLength(1);
    expect(await source.files('repo')).toEqual([]);
  });

  test('what is not ours, by name alone, and leaves it', async () => {
    await using source = await sourceDirectory();
    await store(source, objectOf('one'));
    await symlink('/etc/passwd', join(source.directory, 'repo/passwd'));
    await writeFile(join(source.directory, 'repo/data/flat'), 'x', { mode: 0o600 });
    const names = ['foreign repo/data/flat', 'foreign repo/passwd'];
    expect(await namesIn(source.directory)).toEqual(names);
    const { left } = await repairIn(source.directory);
    expect(left.map(({ code, name }) => `${code} ${name}`).sort()).toEqual(names);
    expect((await stat(join(source.directory, 'repo/data/flat'))).size).toBe(1);
  });

  test('a link in the place of a folder, and touches nothing of that source', async () => {
    await using source = await sourceDirectory();
    const { name, id } = objectOf('behind a link', 'index');
    await store(source, objectOf('behind a link', 'index'));
    await rename(join(source.directory, 'repo/index'), join(source.directory, 'elsewhere'));
    await symlink(join(source.directory, 'elsewhere'), join(source.directory, 'repo/index'));
    expect(await namesIn(source.directory)).toEqual(['in-the-way repo/index']);
    const journal = await readFile(await journalOf(source));
    expect(unsettled((await repairIn(source.directory)).left)).toHaveLength(1);
    expect(await readFile(await journalOf(source))).toEqual(journal);
    expect((await foldOf(source)).live.has(keyOf(id))).toBe(true);
    expect(await nodeDisk.list(join(source.directory, 'elsewhere'))).toEqual([name]);
  });

  test('a month of the journal that is no file, and then judges nothing by the rest', async () => {
    await using source = await sourceDirectory();
    await store(source, objectOf('one'));
    await mkdir(join(source.directory, 'journal/2020-01.jsonl'));
    expect(await namesIn(source.directory)).toEqual(['unreadable-journal journal/2020-01.jsonl']);
    expect((await repairIn(source.directory)).left).toHaveLength(1);
  });

  test.each([
    ['is missing', null],
    [
      'is of the future',
      '{"seq":2099010000000000,"usage":{"live":{"bytes":1,"objects":1},"trash":{"bytes":0,"objects":0}}}',
    ],
    ['is rubbish', 'no checkpoint'],
    ['counts something else', 'wrong'],
  ])('a checkpoint that %s, and counts anew', async (_, text) => {
    await using source = await sourceDirectory();
    await store(source, objectOf('four'));
    const path = join(source.directory, 'journal/usage.json');
    const right = await readFile(path, 'utf8');
    if (text === null) await unlink(path);
    else await writeFile(path, text === 'wrong' ? right.replace('"bytes":4', '"bytes":5') : text);
    expect(await namesIn(source.directory)).toEqual(['checkpoint journal/usage.json']);
    await repairIn(source.directory);
    expect(await readFile(path, 'utf8')).toBe(right);
  });

  test('torn and rubbish lines, with their month and places, as notes', async () => {
    await using source = await sourceDirectory();
    await store(source, objectOf('one'));
    const path = await journalOf(source);
    const { size } = await stat(path);
    await writeFile(path, 'rubbish\n{"at":"20', { flag: 'a' });
    const { findings } = await findIn(source.directory);
    expect(findings.map(({ code, detail }) => [code, detail])).toEqual([
      ['rubbish', `1 line, at byte ${size}`],
      ['torn', ''],
    ]);
    expect(unsettled(findings)).toEqual([]);
  });
});

test('a repair refuses while a session lives', async () => {
  await using source = await sourceDirectory();
  await using _open = await testStore(source.directory, { pid: process.pid });
  const attempt = repair({
    ...{ disk: nodeDisk, look, directory: source.directory, uid: process.getuid?.() ?? 0, now: () => new Date() },
    ...{ isAlive: (pid) => pid === process.pid, pid: 4242, verify: false, signal: new AbortController().signal },
    ...{ progress: () => undefined, mending: () => undefined },
  });
  await expect(attempt).rejects.toMatchObject({ code: 'source-busy' });
});

test('a config without a name for a hash is recorded with the hash it has', async () => {
  await using source = await sourceDirectory();
  await store(source, objectOf('one'));
  await writeFile(join(source.directory, 'repo/config'), 'a config', { mode: 0o600 });
  await repairIn(source.directory);
  const sha256 = createHash('sha256').update('a config').digest('hex');
  expect((await foldOf(source)).live.get(keyOf(config))).toMatchObject({ sha256, size: 8 });
});
