import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import type { Noted, Things } from '../recover/things.ts';
import type { Container, Group } from './containers.ts';
import { type FakeOptions, withFakeEngine } from './fake-engine.ts';
import { stopOrder } from './order.ts';
import { quiesceContainers } from './quiesce.ts';
import { composed, someContainer } from './testing.ts';

const go = new AbortController().signal;
const shop = [composed('shop', 'app', ['db']), composed('shop', 'db'), composed('shop', 'web', ['app'])];

const withShop = async (options: FakeOptions & { readonly containers?: readonly Container[] } = {}) => {
  const book = new Set<Noted>();
  const engine = await withFakeEngine(options.containers ?? shop, options);
  const things: Things = {
    note: async (thing) => {
      book.add(thing);
      return { done: async () => void book.delete(thing) };
    },
  };
  const sleep = async (delayMs: number, signal: AbortSignal): Promise<void> => {
    await pause(Math.min(delayMs, 20), undefined, { signal }).catch(() => undefined);
  };
  // A limit is as long as it says; what is waited for in between need not take so long here.
  const patient = (delayMs: number, signal: AbortSignal): Promise<void> =>
    delayMs === 60_001 ? pause(1e6, undefined, { signal, ref: false }).catch(() => undefined) : sleep(delayMs, signal);
  const quiesce = quiesceContainers({
    ...{ containers: engine.containers, things, elapsed: () => performance.now(), sleep: patient },
  });
  const group = async (more: Partial<Group & { kind: 'containers' }> = {}): Promise<Group> => ({
    ...{ kind: 'containers', name: 'shop', how: 'stop', timeoutMs: 60_001 },
    containers: stopOrder(await engine.containers.list()),
    ...more,
  });
  return { engine, book, quiesce, group, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
};

const problemOf = async (work: PromiseLike<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
};

test('a project stops dependents first and starts what they need first, and the book is empty afterwards', async () => {
  await using world = await withShop();
  const down = await world.quiesce.down(await world.group(), go);
  expect(world.engine.asked.splice(0)).toEqual(['stop shop-web-1', 'stop shop-app-1', 'stop shop-db-1']);
  expect([...world.book]).toMatchObject([{ name: 'shop-web-1' }, { name: 'shop-app-1' }, { name: 'shop-db-1' }]);
  expect(await down.up()).toEqual({ downMs: expect.any(Number), meanwhile: [], warnings: [] });
  expect(world.engine.asked.splice(0)).toEqual(['start shop-db-1', 'start shop-app-1', 'start shop-web-1']);
  expect(world.book.size).toBe(0);
  await down.up();
  await down[Symbol.asyncDispose]();
  expect(world.engine.asked).toEqual([]);
});

test('one that its engine would remove when it stops is never stopped, nor are those it belongs to', async () => {
  const fleeting = shop.map((container) => ({ ...container, goesWhenStopped: container.name === 'shop-db-1' }));
  await using world = await withShop({ containers: fleeting });
  expect(await problemOf(world.quiesce.down(await world.group(), go))).toBe('quiesce-failed');
  expect(world.engine.asked).toEqual([]);
  await (await world.quiesce.down(await world.group({ how: 'pause' }), go)).up();
  expect(world.engine.asked).toContain('pause shop-db-1');
});

test('a limit of months is no limit that is over at once', async () => {
  await using world = await withShop();
  const asked: number[] = [];
  const quiesce = quiesceContainers({
    ...{ containers: world.engine.containers, things: { note: async () => ({ done: async () => undefined }) } },
    elapsed: () => performance.now(),
    sleep: (delayMs, signal) => {
      asked.push(delayMs);
      return pause(1e6, undefined, { signal, ref: false }).catch(() => undefined);
    },
  });
  await using _down = await quiesce.down(await world.group({ timeoutMs: 90 * 86_400_000 }), go);
  expect(asked).toEqual([2 ** 31 - 1]);
});

test('each is noted before anything is done to it', async () => {
  const before: number[] = [];
  const box: { size: () => number } = { size: () => 0 };
  await using world = await withShop({ onChange: () => void before.push(box.size()) });
  box.size = () => world.book.size;
  await using _down = await world.quiesce.down(await world.group(), go);
  expect(before).toEqual([1, 2, 3]);
});

test('what did not run before is left as it is', async () => {
  const [app, db, web] = shop;
  if (app === undefined || db === undefined || web === undefined) throw new Error('a shop has three');
  await using world = await withShop({ containers: [{ ...app, state: 'exited' }, { ...db, state: 'paused' }, web] });
  await (await world.quiesce.down(await world.group(), go)).up();
  expect(world.engine.asked).toEqual(['stop shop-web-1', 'start shop-web-1']);
});

test.each(['docker', 'podman'] as const)('pausing stops nothing (%s)', async (dialect) => {
  await using world = await withShop({ dialect });
  await (await world.quiesce.down(await world.group({ how: 'pause' }), go)).up();
  expect(world.engine.asked.map((line) => line.split(' ')[0])).toEqual([
    ...['pause', 'pause', 'pause', 'unpause', 'unpause', 'unpause'],
  ]);
});

test('one that can not be stopped has those start again that were stopped before it', async () => {
  await using world = await withShop({
    onChange: (verb, { name }) => {
      if (verb === 'stop' && name === 'shop-app-1') throw new Error('tried to kill, but did not receive an exit event');
    },
  });
  const failure = await world.quiesce.down(await world.group(), go).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'quiesce-failed', message: expect.stringContaining('exit event') });
  expect(['web', 'app', 'db'].map((name) => world.engine.stateOf(`shop-${name}-1`))).toEqual([
    ...['running', 'running', 'running'],
  ]);
  expect(world.book.size).toBe(0);
});

test('when the time is over all run again at once, whoever copies is told, and the copy can not pass for a good one', async () => {
  await using world = await withShop();
  const down = await world.quiesce.down(await world.group({ timeoutMs: 10 }), go).catch((error: unknown) => error);
  // On a slow machine the limit may already strike while they are being stopped, which ends the same way.
  if (down instanceof Problem) expect(down.code).toBe('quiesce-timeout');
  await expect
    .poll(() => shop.map(({ name }) => world.engine.stateOf(name)))
    .toEqual(['running', 'running', 'running']);
  await expect.poll(() => world.book.size).toBe(0);
});

test('a run that is stopped leaves nothing stopped', async () => {
  await using world = await withShop();
  const run = new AbortController();
  const down = await world.quiesce.down(await world.group(), run.signal);
  run.abort();
  expect(down.signal.reason).toMatchObject({ code: 'cancelled' });
  await down.up();
  expect(shop.map(({ name }) => world.engine.stateOf(name))).toEqual(['running', 'running', 'running']);
});

test('a run that is stopped between two containers starts the first one again', async () => {
  const run = new AbortController();
  await using world = await withShop({ onChange: () => run.abort() });
  expect(await problemOf(world.quiesce.down(await world.group(), run.signal))).toBe('cancelled');
  await expect
    .poll(() => shop.map(({ name }) => world.engine.stateOf(name)))
    .toEqual(['running', 'running', 'running']);
  expect(world.book.size).toBe(0);
});

test('who was started by somebody else meanwhile is named, also if stopped again since, or made anew', async () => {
  await using world = await withShop();
  const down = await world.quiesce.down(await world.group(), go);
  world.engine.change('shop-db-1', { state: 'running', startedAt: '2026-11-14T05:00:00Z' });
  world.engine.change('shop-app-1', { startedAt: '2026-11-14T05:00:00Z' });
  world.engine.remove('shop-web-1');
  world.engine.add({ ...composed('shop', 'web', ['app']), id: 'another' });
  const { meanwhile } = await down.up();
  expect(meanwhile).toEqual(['shop-web-1', 'shop-app-1', 'shop-db-1']);
  expect(world.book.size).toBe(0);
});

test('one that was removed while it was down is said, and is nobody’s any more', async () => {
  await using world = await withShop();
  const down = await world.quiesce.down(await world.group(), go);
  world.engine.remove('shop-web-1');
  expect((await down.up()).warnings).toEqual(['shop-web-1 was removed while it was down.']);
  expect(world.book.size).toBe(0);
});

test('one that does not start again is said, stays in the book, and keeps no other from starting', async () => {
  await using world = await withShop({
    onChange: (verb, { name }) => {
      if (verb === 'start' && name === 'shop-db-1') throw new Error('port is already allocated');
    },
  });
  const down = await world.quiesce.down(await world.group(), go);
  const failure = await down.up().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'not-started-again',
    message: expect.stringContaining('port is already allocated'),
    remedy: expect.stringContaining('docker start shop-db-1'),
  });
  expect([...world.book]).toMatchObject([{ name: 'shop-db-1' }]);
  expect(world.engine.stateOf('shop-web-1')).toBe('running');
  await down[Symbol.asyncDispose]();
});

test('disposing of one that nobody had started again throws when it can not be', async () => {
  await using world = await withShop({
    onChange: (verb) => {
      if (verb === 'start') throw new Error('no space left on device');
    },
  });
  const down = await world.quiesce.down(await world.group(), go);
  expect(await problemOf(down[Symbol.asyncDispose]())).toBe('not-started-again');
});

test('one that had to be killed to stop is warned about: its copy is of a crash', async () => {
  const db = { ...composed('shop', 'db'), exitCode: 137 };
  await using world = await withShop({ containers: [db] });
  const { warnings } = await (await world.quiesce.down(await world.group(), go)).up();
  expect(warnings).toEqual([expect.stringContaining('did not end within 10 s and was killed')]);
});

const hooked = someContainer('wiki', { labels: { 'berth.before': 'wiki freeze', 'berth.after': 'wiki thaw' } });

test('with exec nothing stops: the container runs its own words before and after', async () => {
  const ran: string[] = [];
  await using world = await withShop({
    containers: [hooked],
    run: (argv) => {
      if (argv[2] !== undefined && !ran.includes(argv[2])) ran.push(argv[2]);
      return { code: 0 };
    },
  });
  const down = await world.quiesce.down(await world.group({ how: 'exec' }), go);
  expect(ran).toEqual(['wiki freeze']);
  expect([...world.book]).toMatchObject([{ how: 'exec' }]);
  await down.up();
  expect(ran).toEqual(['wiki freeze', 'wiki thaw']);
  expect(world.engine.asked).toEqual([]);
  expect(world.book.size).toBe(0);
});

test('a hook that fails is no quiet, and what it began is undone', async () => {
  const ran = new Set<string>();
  await using world = await withShop({
    containers: [hooked],
    run: (argv) => {
      ran.add(argv[2] ?? '');
      return argv[2] === 'wiki freeze' ? { code: 2, stderr: 'no such wiki\n' } : { code: 0 };
    },
  });
  const failure = await world.quiesce.down(await world.group({ how: 'exec' }), go).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'quiesce-failed', message: expect.stringContaining('no such wiki') });
  expect([...ran]).toEqual(['wiki freeze', 'wiki thaw']);
});
