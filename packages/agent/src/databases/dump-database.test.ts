import { mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { reportLimits } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { type DumpArguments, dumpDatabase } from './dump-database.ts';
import { testWorld, thingsInMemory } from './testing.ts';
import { keepingRestic, madeUpDatabase, resticFailed, unitCalled } from './testing-made-up.ts';

const orders = unitCalled('orders');
const people = unitCalled('people');
const dumpFailed = new Problem('dump-failed', 'The tool ended with code 1.', 'Look.', {
  cause: new Error('its words'),
});
const forEver = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new Problem('cancelled', 'Stopped.', 'Again.'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

const stage = async (changes: Partial<DumpArguments> = {}) => {
  const things = thingsInMemory();
  const state = await mkdtemp(join(tmpdir(), 'berth-dump-'));
  const restic = keepingRestic();
  const args: DumpArguments = {
    database: madeUpDatabase([orders, people]),
    ...{ restic, host: 'laptop', world: testWorld({ things, state }), folders: join(state, 'databases') },
    ...{ finished: new Set<string>(), signal: new AbortController().signal, onProgress: () => undefined },
    ...changes,
  };
  return { args, things, state, restic, kept: restic.kept };
};

test('every unit is a snapshot of its own, tagged as what it is and never as files', async () => {
  const { args, kept, things } = await stage();
  const seen: number[] = [];
  const end = await dumpDatabase({ ...args, onProgress: (bytes) => seen.push(bytes) });
  expect(end).toMatchObject({ problem: null, cut: null, described: { version: 'made up 1' }, words: [], warnings: [] });
  expect(end.dumps).toMatchObject([
    {
      subject: 'shop',
      engine: 'command',
      database: 'orders',
      outcome: 'ok',
      snapshot: 'a1b2c3d4',
      bytes: 14,
      verified: 'tool',
    },
    { database: 'people', outcome: 'ok', reason: null },
  ]);
  expect([...kept].map(([file, { tags }]) => [file, ...tags])).toEqual([
    [orders.file, 'db', 'db:command', 'db:shop', 'db:shop/orders'],
    [people.file, 'db', 'db:command', 'db:shop', 'db:shop/people'],
  ]);
  expect([...args.finished]).toEqual([orders.file, people.file]);
  expect(seen).toEqual([14, 28]);
  expect(things.all.every(({ kind }) => kind === 'process')).toBe(true);
  expect(things.open()).toEqual([]);
});

test('one that fails keeps no other from being tried, and is not finished', async () => {
  const dump = madeUpDatabase([]).dump;
  const { args, kept } = await stage({
    database: madeUpDatabase([orders, people], {
      dump: (unit, ...rest) => (unit === orders ? Promise.reject(dumpFailed) : dump(unit, ...rest)),
    }),
  });
  const end = await dumpDatabase(args);
  expect(end.dumps).toMatchObject([
    { database: 'orders', outcome: 'failed', reason: 'dump-failed', snapshot: null, verified: 'none' },
    { database: 'people', outcome: 'ok' },
  ]);
  expect(end.words).toEqual([
    'shop/orders: The tool ended with code 1.',
    'shop/orders: Look.',
    'shop/orders: its words',
  ]);
  expect([...kept.keys()]).toEqual([people.file]);
  expect([...args.finished]).toEqual([people.file]);
});

test('a dump that its checker does not find whole is no snapshot', async () => {
  const { args, kept } = await stage({
    database: madeUpDatabase([orders], {
      verify: () => ({
        ...madeUpDatabase([]).verify(orders, null, args.world, args.signal),
        conclude: async () => {
          throw new Problem('dump-unverified', 'The end mark is missing.', 'Again.');
        },
      }),
    }),
  });
  expect((await dumpDatabase(args)).dumps).toMatchObject([{ outcome: 'failed', reason: 'dump-unverified' }]);
  expect(kept.size).toBe(0);
});

test('an empty dump has a reason of its own', async () => {
  const { args } = await stage({ database: madeUpDatabase([orders], { dump: async () => ({ warnings: [] }) }) });
  expect((await dumpDatabase(args)).dumps).toMatchObject([{ outcome: 'failed', reason: 'dump-empty' }]);
});

test('what an earlier try finished is not dumped again', async () => {
  const { args, kept } = await stage({ finished: new Set([orders.file]) });
  expect((await dumpDatabase(args)).dumps).toMatchObject([{ database: 'people' }]);
  expect([...kept.keys()]).toEqual([people.file]);
});

test('a cut connection ends the try, and says that another may mend it', async () => {
  const { args } = await stage({ restic: keepingRestic(() => resticFailed('connection-cut', 'unexpected EOF')) });
  const end = await dumpDatabase(args);
  expect(end).toMatchObject({ cut: 'connection-cut', words: ['shop/orders: unexpected EOF'] });
  expect(end.dumps.map(({ reason }) => reason)).toEqual(['connection-cut', 'connection-cut']);
  const full = await dumpDatabase({ ...args, restic: keepingRestic(() => resticFailed('out-of-space')) });
  expect(full).toMatchObject({ cut: null, dumps: [{ reason: 'out-of-space' }, { reason: 'out-of-space' }] });
});

test('the deadline is for all of an entry: what it cut off and what came after it is too late', async () => {
  const { args } = await stage({
    database: madeUpDatabase([orders, people], {
      timeoutMs: 30,
      dump: (_unit, _to, _world, signal) => forEver(signal),
    }),
  });
  const end = await dumpDatabase(args);
  expect(end.dumps.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['failed', 'dump-timeout'],
    ['failed', 'dump-timeout'],
  ]);
  const silentServer = madeUpDatabase([orders], { timeoutMs: 30, describe: (_world, signal) => forEver(signal) });
  expect(await dumpDatabase({ ...args, database: silentServer })).toMatchObject({ problem: { code: 'dump-timeout' } });
});

test('a run that is cancelled says so of what was left', async () => {
  const cancel = new AbortController();
  const { args } = await stage({
    signal: cancel.signal,
    database: madeUpDatabase([orders, people], {
      dump: (_unit, _to, _world, signal) => {
        setImmediate(() => cancel.abort());
        return forEver(signal);
      },
    }),
  });
  expect((await dumpDatabase(args)).dumps.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
});

test('an engine that cannot be asked is a Problem, and a bug in it takes nothing else down', async () => {
  const refused = new Problem('database-refused', 'Wrong password.', 'Look.');
  const { args } = await stage({ database: madeUpDatabase([], { describe: () => Promise.reject(refused) }) });
  expect(await dumpDatabase(args)).toMatchObject({ problem: refused, dumps: [], described: null });
  const broken = madeUpDatabase([orders], { dump: () => Promise.reject(new TypeError('x is not a function')) });
  expect(await dumpDatabase({ ...args, database: broken })).toMatchObject({
    dumps: [{ outcome: 'failed', reason: 'dump-failed' }],
    words: ['shop/orders: TypeError: x is not a function'],
  });
});

test('a folder is private, at the same path every day, noted before it is made, and gone afterwards', async () => {
  const unit = unitCalled('files', 'folder');
  const { args, kept, things, state } = await stage({
    database: madeUpDatabase([unit], {
      dump: async (_unit, to) => {
        if (to.kind !== 'folder') throw new Error('a folder was asked for');
        expect(things.open()).toEqual([{ kind: 'folder', path: to.path }]);
        expect((await stat(to.path)).mode & 0o777).toBe(0o700);
        expect(await readdir(to.path)).toEqual([]);
        await writeFile(join(to.path, 'part'), 'of it');
        return { warnings: ['one row was locked'] };
      },
    }),
  });
  const path = join(state, 'databases', unit.file);
  // What a killed run left.
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'old'), 'old');
  const end = await dumpDatabase(args);
  expect(end).toMatchObject({
    dumps: [{ outcome: 'ok', snapshot: 'a1b2c3d4' }],
    warnings: ['shop/files: one row was locked'],
  });
  expect(kept.get(path)?.tags).toContain('db:shop/files');
  expect(await readdir(args.folders)).toEqual([]);
  expect(things.open()).toEqual([]);
});

test('a folder goes also where the dump failed, and is not begun where there is no room', async () => {
  const unit = unitCalled('files', 'folder');
  const { args, things } = await stage({
    database: madeUpDatabase([unit], { dump: () => Promise.reject(dumpFailed) }),
  });
  expect((await dumpDatabase(args)).dumps).toMatchObject([{ reason: 'dump-failed' }]);
  const huge = madeUpDatabase([{ ...unit, needsBytes: 2 ** 60 }], { dump: () => Promise.reject(new Error('begun')) });
  expect((await dumpDatabase({ ...args, database: huge })).dumps).toMatchObject([{ reason: 'no-room' }]);
  const full = Object.assign(new Error('write failed'), { code: 'ENOSPC' });
  const filling = madeUpDatabase([unit], {
    dump: () => Promise.reject(new Problem('dump-failed', 'a', 'b', { cause: full })),
  });
  expect((await dumpDatabase({ ...args, database: filling })).dumps).toMatchObject([{ reason: 'no-room' }]);
  const empty = madeUpDatabase([unit], { dump: async () => ({ warnings: [] }) });
  expect((await dumpDatabase({ ...args, database: empty })).dumps).toMatchObject([{ reason: 'dump-empty' }]);
  expect(await readdir(args.folders)).toEqual([]);
  expect(things.open()).toEqual([]);
});

test('a thousand databases with odd names are bounded in the report, the failed ones kept, and no name moves a cursor', async () => {
  const odd = 'a\u001b[2Jb\nc\u202e';
  const units = [...Array.from({ length: 1000 }, (_, number) => unitCalled(`db-${number}`)), unitCalled(odd)];
  const { args } = await stage({
    database: madeUpDatabase(units, {
      describe: async () => ({ version: 'made\nup', units, warnings: ['a\u001b[1mb'] }),
      dump: async (unit, to) => {
        if (unit.database === odd) throw dumpFailed;
        if (to.kind === 'stream') await to.sink.write(Buffer.from('x'));
        return { warnings: [`w\u0007${'x'.repeat(2000)}`] };
      },
    }),
  });
  const end = await dumpDatabase(args);
  expect(end.dumps).toHaveLength(reportLimits.dumps);
  expect(end.dumps.at(-1)).toMatchObject({ outcome: 'failed', database: expect.not.stringMatching(/[\p{Cc}\u202e]/u) });
  expect(end.warnings.length).toBeLessThanOrEqual(reportLimits.lines);
  expect([...end.warnings, ...end.words, end.described?.version].join('')).not.toMatch(/\p{Cc}/u);
  expect(end.warnings.at(-1)).toMatch(/^801 more dumps/);
});
