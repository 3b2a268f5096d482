import { expect, test } from 'vitest';
import type { Container } from './containers.ts';
import { type FakeOptions, withFakeEngine } from './fake-engine.ts';
import { type ContainerThing, type Restarted, restartContainers } from './restart.ts';
import { composed, someContainer } from './testing.ts';

const go = new AbortController().signal;
const sleep = async (): Promise<void> => undefined;

const thingOf = ({ id, name, compose }: Container, how: ContainerThing['how'] = 'stop'): ContainerThing => ({
  ...{ kind: 'container', id, name, how },
  compose: compose && { project: compose.project, service: compose.service, number: compose.number },
});

const restart = async (now: readonly Container[], things: readonly ContainerThing[], options: FakeOptions = {}) => {
  await using engine = await withFakeEngine(now, options);
  const ends: Restarted[] = [];
  await restartContainers(engine.containers, things, async (end) => void ends.push(end), go, { sleep });
  return { asked: engine.asked, ends: ends.map(({ thing, outcome, words }) => [thing.name, outcome, words]) };
};

const down = { state: 'exited' } as const;

test('what was stopped is started in the order in which it is needed, and what runs is left alone', async () => {
  const [app, db] = [composed('shop', 'app', ['db'], down), composed('shop', 'db', [], down)];
  const web = composed('shop', 'web', ['app']);
  const { asked, ends } = await restart(
    [web, app, db],
    [web, app, db].map((one) => thingOf(one)),
  );
  expect(asked).toEqual(['start shop-db-1', 'start shop-app-1']);
  expect(ends.map(([name, outcome]) => `${name} ${outcome}`)).toEqual([
    ...['shop-db-1 started', 'shop-app-1 started', 'shop-web-1 running'],
  ]);
});

test('one that was made anew is found by project, service and number, and not by what compose run left', async () => {
  const old = composed('shop', 'db');
  const anew = { ...composed('shop', 'db', [], down), id: 'anew', name: 'renamed' };
  const compose = { project: 'shop', service: 'db', number: '1', dependsOn: [] };
  const oneOff = { ...anew, id: 'once', name: 'once', compose: { ...compose, oneOff: true } };
  const second = { ...anew, id: 'two', name: 'two', compose: { ...compose, number: '2', oneOff: false } };
  expect((await restart([oneOff, second, anew], [thingOf(old)])).asked).toEqual(['start renamed']);
});

test('one that nobody composed is found by its name', async () => {
  const anew = { ...someContainer('grafana', down), id: 'anew' };
  expect((await restart([anew], [thingOf(someContainer('grafana'))])).asked).toEqual(['start grafana']);
});

test('one that is gone altogether is gone', async () => {
  expect((await restart([], [thingOf(someContainer('grafana'))])).ends).toEqual([['grafana', 'gone', null]]);
});

test('what is still paused goes on, and what a reboot ended is started', async () => {
  const [a, b] = [someContainer('a', { state: 'paused' }), someContainer('b', down)];
  expect((await restart([a, b], [thingOf(a, 'pause'), thingOf(b, 'pause')])).asked).toEqual(['unpause a', 'start b']);
});

test('one that was created and never started, because its maker was killed, is started', async () => {
  const db = someContainer('db', { state: 'created' });
  expect((await restart([db], [thingOf(db)])).asked).toEqual(['start db']);
});

test('what others need healthy is waited for, but not for ever', async () => {
  const db = composed('shop', 'db', [], { ...down, health: 'starting' });
  const app = composed('shop', 'app', ['db:healthy'], down);
  const { asked, ends } = await restart([app, db], [thingOf(app), thingOf(db)]);
  expect(asked).toEqual(['start shop-db-1', 'start shop-app-1']);
  expect(ends).toEqual([
    ['shop-db-1', 'started', null],
    ['shop-app-1', 'started', 'shop-db-1, which it needs, was not healthy after 60 s.'],
  ]);
});

test('one that does not start keeps no other from starting', async () => {
  const [a, b] = [someContainer('a', down), someContainer('b', down)];
  const { ends } = await restart([a, b], [thingOf(a), thingOf(b)], {
    onChange: (_verb, { name }) => {
      if (name === 'a') throw new Error('no such network');
    },
  });
  expect(ends).toEqual([
    ['a', 'failed', expect.stringContaining('no such network')],
    ['b', 'started', null],
  ]);
});

test('a hook is undone where its container runs, by what its label says now', async () => {
  const wiki = someContainer('wiki', { labels: { 'berth.backup': 'exec', 'berth.after': 'wiki thaw' } });
  const ran = new Set<string>();
  const run = (argv: readonly string[]) => {
    ran.add(argv[2] ?? '');
    return { code: 0 };
  };
  expect((await restart([wiki], [thingOf(wiki, 'exec')], { run })).ends).toEqual([['wiki', 'running', null]]);
  expect([...ran]).toEqual(['wiki thaw']);
  const ended = { ...wiki, ...down };
  expect((await restart([ended], [thingOf(wiki, 'exec')], { run })).asked).toEqual([]);
});

test('an engine that is away answers for none', async () => {
  const engine = await withFakeEngine([]);
  await engine[Symbol.asyncDispose]();
  const ends: Restarted[] = [];
  const work = restartContainers(
    ...([
      engine.containers,
      [thingOf(someContainer('a'))],
      async (end: Restarted) => void ends.push(end),
      go,
      { sleep },
    ] as const),
  );
  await expect(work).rejects.toMatchObject({ code: 'engine-away' });
  expect(ends).toEqual([]);
});
