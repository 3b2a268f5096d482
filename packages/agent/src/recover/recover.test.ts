import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import type { Containers } from '../containers/containers.ts';
import { openBook } from './book.ts';
import { isRunning, processThing } from './process.ts';
import { type RecoverWorld, recover } from './recover.ts';
import { readEntries } from './state-file.ts';
import type { Noted } from './things.ts';

const now = (): Date => new Date('2026-11-14T03:00:00Z');
const never = new AbortController().signal;
const shop: Noted = { kind: 'container', id: 'c1', name: 'shop-db-1', compose: null, how: 'stop' };

const refuse = async () => Promise.reject(new Error('nobody asks for it here'));
const engine: Containers = {
  where: 'unix:///nowhere',
  list: async () => [],
  hostPath: () => null,
  ...{ find: refuse, exec: refuse, readArchive: refuse, writeArchive: refuse },
  ...{ stop: refuse, start: refuse, pause: refuse, unpause: refuse },
  [Symbol.asyncDispose]: async () => undefined,
};

/** A home whose last run died: what it noted is nobody's. `calls` is what the world was asked. */
const stage = async () => {
  const state = await mkdtemp(join(tmpdir(), 'recover-'));
  const home = { state, unfinished: join(state, 'unfinished.json') };
  const calls: string[] = [];
  const world: RecoverWorld = {
    now,
    containers: async () => engine,
    restartContainers: async (_containers, stopped, onEnd) => {
      for (const thing of stopped) {
        calls.push(`start ${thing.name}`);
        await onEnd({ thing, outcome: 'started', words: null });
      }
    },
    startUnit: async ({ unit }) => void calls.push(`start ${unit}`),
    putBack: async ({ entry, what }) => void calls.push(`put back ${entry} ${what}`),
    removeSnapshot: async ({ name }) => void calls.push(`remove ${name}`),
  };
  /** As a process noted it that is no more. */
  const leave = async (...things: readonly Noted[]): Promise<void> => {
    const entries = things.map((thing, index) => ({ id: `${index}`, at: now().toISOString(), by: null, thing }));
    await writeFile(home.unfinished, JSON.stringify({ version: 1, entries }));
  };
  const book = openBook(home.unfinished, now);
  return {
    ...{ home, calls, world, leave, book },
    recover: (over: Partial<RecoverWorld> = {}) => recover(home, { ...world, ...over }, never),
    [Symbol.asyncDispose]: () => rm(state, { recursive: true, force: true }),
  };
};

test('what is noted is on the disk before it is begun, however many note at once, and gone when it is done', async () => {
  await using place = await stage();
  const notes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => place.book.note({ kind: 'unit', unit: `u${index}.service`, user: false })),
  );
  const names = (await readEntries(place.home.unfinished)).map(({ thing }) =>
    thing.kind === 'unit' ? thing.unit : '',
  );
  expect(names.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => `u${index}.service`).toSorted());
  expect((await stat(place.home.unfinished)).mode & 0o777).toBe(0o600);
  await Promise.all(notes.map(({ done }) => done()));
  await expect(stat(place.home.unfinished)).rejects.toThrow('ENOENT');
});

test('two processes that note at once lose nothing of one another', async () => {
  await using place = await stage();
  const other = openBook(place.home.unfinished, now);
  await Promise.all([place.book.note(shop), other.note(shop), place.book.note(shop), other.note(shop)]);
  expect(await place.book.entries()).toHaveLength(4);
});

test('what can not be noted is not begun: a state folder that is a file', async () => {
  await using place = await stage();
  await writeFile(join(place.home.state, 'file'), '');
  const book = openBook(join(place.home.state, 'file/unfinished.json'), now);
  await expect(book.note(shop)).rejects.toMatchObject({ code: 'state-unwritable' });
});

test('containers and units run again before anything else is tidied, and then nothing is left', async () => {
  await using place = await stage();
  const folder = join(place.home.state, 'databases');
  await mkdir(join(folder, 'half'), { recursive: true });
  await place.leave(
    { kind: 'snapshot', type: 'btrfs', name: '/srv/.berth-1', mount: null },
    { kind: 'folder', path: folder },
    { kind: 'undo', entry: 'redis', what: 'auto-aof-rewrite-percentage 100' },
    { kind: 'unit', unit: 'gitea.service', user: false },
    shop,
  );
  const end = await place.recover();
  expect(place.calls).toEqual([
    'start shop-db-1',
    'start gitea.service',
    'put back redis auto-aof-rewrite-percentage 100',
    'remove /srv/.berth-1',
  ]);
  expect(end.things.every(({ outcome }) => outcome === 'done')).toBe(true);
  await expect(stat(folder)).rejects.toThrow('ENOENT');
  await expect(stat(place.home.unfinished)).rejects.toThrow('ENOENT');
  expect(await place.recover()).toEqual({ things: [], broken: null });
});

test('what a living process noted is its own', async () => {
  await using place = await stage();
  await place.book.note(shop);
  expect(await place.recover()).toEqual({ things: [], broken: null });
  expect(await place.book.entries()).toHaveLength(1);
});

test('an engine that is away keeps its containers noted, and nothing else', async () => {
  await using place = await stage();
  await place.leave(shop, { kind: 'unit', unit: 'gitea.service', user: false });
  const away = new Problem('engine-away', 'Docker does not answer.', 'Start it.');
  const end = await place.recover({ containers: () => Promise.reject(away) });
  expect(end.things).toMatchObject([
    { what: 'container shop-db-1', outcome: 'kept', reason: 'engine-away', words: 'Docker does not answer.' },
    { what: 'unit gitea.service', outcome: 'done' },
  ]);
  expect((await place.book.entries()).map(({ thing }) => thing.kind)).toEqual(['container']);
  expect((await place.recover()).things).toMatchObject([{ outcome: 'done' }]);
});

test('one that does not start is tried again the next time, one that is gone is told once', async () => {
  await using place = await stage();
  await place.leave(shop, { ...shop, id: 'c2', name: 'gone' });
  const end = await place.recover({
    restartContainers: async (_containers, [first, second], onEnd) => {
      if (first !== undefined) await onEnd({ thing: first, outcome: 'failed', words: 'port in use' });
      if (second !== undefined) await onEnd({ thing: second, outcome: 'gone', words: null });
    },
  });
  expect(end.things).toMatchObject([
    { outcome: 'kept', reason: 'not-started-again', words: 'port in use' },
    { outcome: 'lost', reason: 'gone' },
  ]);
  expect(await place.book.entries()).toHaveLength(1);
});

test('a setting of an entry that agent.yaml has no more is told once', async () => {
  await using place = await stage();
  await place.leave({ kind: 'undo', entry: 'old', what: 'x' });
  const gone = new Problem('entry-gone', 'agent.yaml has no entry old.', 'Put it back by hand.');
  expect((await place.recover({ putBack: () => Promise.reject(gone) })).things).toMatchObject([{ outcome: 'lost' }]);
  expect((await place.recover()).things).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'a restic that was left behind ends, with all it started; a later process of its number does not',
  async () => {
    await using place = await stage();
    const left = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(left.stdout, 'data');
    const child = await processThing(Number(String(line)));
    const thing = left.pid === undefined ? null : await processThing(left.pid);
    if (thing === null || child === null) throw new Error('it did not start');
    await place.leave({ ...thing, startTicks: '1' }, { ...thing, boot: 'another' });
    await place.recover();
    expect(await isRunning(thing)).toBe(true);
    await place.leave(thing);
    expect((await place.recover()).things).toMatchObject([{ outcome: 'done' }]);
    expect(await isRunning(thing)).toBe(false);
    expect(await isRunning(child)).toBe(false);
  },
);

test.for([
  ['cut in the middle', '{"version":1,"entries":[{"id":"1","at":"2026-1'],
  ['empty', ''],
  ['of another make', '[]'],
  ['of a newer berth', '{"version":2,"entries":[]}'],
  ['binary', '\0\u{ffff}'],
])('a state file that is %s is kept for a person, who is told until it is gone', async ([, content]) => {
  await using place = await stage();
  await writeFile(place.home.unfinished, content ?? '');
  const broken = `${place.home.unfinished}.broken`;
  expect(await place.recover()).toEqual({ things: [], broken });
  expect(await readFile(broken, 'utf8')).toBe(content);
  expect(await place.recover()).toEqual({ things: [], broken });
  await rm(broken);
  expect(await place.recover()).toEqual({ things: [], broken: null });
});

test('whatever else a state file says, nothing is removed or killed that is not berth’s own', async () => {
  await using place = await stage();
  const strangers = join(place.home.state, '../recover-stranger');
  const kept = [join(strangers, 'berth'), join(strangers, 'berth-archive'), join(place.home.state, 'reports')];
  for (const folder of kept) await mkdir(folder, { recursive: true });
  await place.leave(
    { kind: 'folder', path: strangers },
    { kind: 'folder', path: `${place.home.state}/../recover-stranger` },
    { kind: 'folder', path: '/' },
    { kind: 'folder', path: place.home.state },
    ...kept.map((path) => ({ kind: 'folder', path }) as const),
    { kind: 'snapshot', type: 'btrfs', name: '/home', mount: null },
    { kind: 'snapshot', type: 'zfs', name: 'tank/data', mount: null },
    { kind: 'snapshot', type: 'lvm', name: 'vg/root', mount: null },
    { kind: 'unit', unit: '--force', user: false },
    { kind: 'process', pid: 1, startTicks: '1', boot: 'x' },
    { kind: 'process', pid: -1, startTicks: '1', boot: 'x' },
    shop,
  );
  const end = await place.recover();
  expect(place.calls).toEqual(['start shop-db-1']);
  expect(end.things.filter(({ kind }) => kind === 'folder')).toMatchObject(
    [strangers, '/', place.home.state, ...kept].map((path) => ({
      what: `folder ${path}`,
      outcome: 'lost',
      reason: 'not-ours',
    })),
  );
  expect(end.broken).not.toBeNull();
  for (const folder of kept) expect((await stat(folder)).isDirectory()).toBe(true);
  expect((await stat(place.home.state)).isDirectory()).toBe(true);
  await rm(strangers, { recursive: true });
});

test('a kind that only a newer berth knows does not keep the others from being put right', async () => {
  await using place = await stage();
  const entry = { id: '1', at: now().toISOString(), by: null };
  const entries = [
    { ...entry, thing: { kind: 'moon' } },
    { ...entry, id: '2', thing: shop },
  ];
  await writeFile(place.home.unfinished, JSON.stringify({ version: 1, entries }));
  const end = await place.recover();
  expect(end.things).toMatchObject([{ what: 'container shop-db-1', outcome: 'done' }]);
  expect(end.broken).not.toBeNull();
});
