import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databaseFile } from '../coordinator/paths.ts';
import { openState } from '../coordinator/state/sqlite.ts';
import { handClock, noonMs, outline, row } from '../coordinator/testing.ts';
import { phoneFacts } from '../ingest/testing.ts';
import { Gatherer } from './gather.ts';
import { memoryState } from './state/open.ts';
import type { MonitorState } from './state.ts';
import { exampleCondition, examplePhone } from './testing.ts';
import { serverFacts, settings, settingsOfSource, sourceFacts, storedFacts } from './testing-gather.ts';

const dayMs = 86_400_000;
let home: string;
const closing: (() => unknown)[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-gather-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(home, { recursive: true, force: true });
});

const started = (state: MonitorState = memoryState()) => {
  const clock = handClock(noonMs);
  const coordinator = join(home, 'coordinator');
  const gatherer = new Gatherer({ state, coordinator, copies: null, clock, log: pino({ level: 'silent' }) });
  closing.push(() => gatherer.close());
  let told = 0;
  const end = gatherer.onChange(() => {
    told += 1;
  });
  const go = (ms: number): void => {
    clock.go(ms);
    gatherer.tick();
  };
  return { gatherer, clock, state, end, go, told: () => told };
};
const heard = (names: readonly string[] = ['laptop'], state?: MonitorState) => {
  const all = started(state);
  all.gatherer.hear({ type: 'settings', settings: settings(names) });
  all.gatherer.hear({ type: 'server', facts: serverFacts() });
  return all;
};
const coordinator = () => {
  mkdirSync(join(home, 'coordinator'), { recursive: true });
  const { state } = openState(databaseFile(join(home, 'coordinator')), { now: () => new Date(noonMs) });
  closing.push(() => state.close());
  return state;
};

test('there is no overview before the settings and the server are known', () => {
  const { gatherer } = started();
  expect([gatherer.overview(), gatherer.conditions(), gatherer.settings()]).toEqual([null, null, null]);
  gatherer.hear({ type: 'server', facts: serverFacts() });
  expect(gatherer.overview()).toBeNull();
  gatherer.hear({ type: 'settings', settings: settings(['laptop']) });
  expect(gatherer.overview()).toMatchObject({ atMs: noonMs, sources: [{ name: 'laptop', state: 'never' }] });
});

test('whoever asks once sees everything, without anybody’s tick', async () => {
  const state = coordinator();
  await state.save({ sources: [row('laptop')] });
  await state.addReport({
    source: 'laptop',
    outline: outline({ endedAtMs: noonMs, receivedAtMs: noonMs }),
    json: '{}',
  });
  const { gatherer } = heard();
  expect(gatherer.overview()?.sources).toMatchObject([{ state: 'fine', lastGood: { outcome: 'ok' } }]);
});

test('a run is seen within two seconds, with who is told of it, and at most once a second', async () => {
  const state = coordinator();
  const { gatherer, go, told } = heard();
  go(1000);
  const before = told();
  const lease = {
    run: 'r',
    reason: 'slot',
    grantedAtMs: noonMs,
    step: null,
    bytesDone: null,
    bytesTotal: null,
  } as const;
  await state.save({ sources: [row('laptop')], leases: [{ source: 'laptop', ...lease }] });
  go(1000);
  go(1000);
  expect(told()).toBe(before + 1);
  expect(gatherer.overview()?.sources[0]?.now.kind).toBe('running');
  expect(gatherer.leases()).toMatchObject([{ source: 'laptop', run: 'r' }]);
  gatherer.hear({ type: 'server', facts: serverFacts({ coordinator: 'down' }) });
  expect(gatherer.leases()).toEqual([]);
});

test('nothing is told where nothing has happened, but once a minute: what is shown says how long ago things were', () => {
  const { gatherer, go, told, end } = heard();
  go(1000);
  expect(told()).toBe(1);
  for (let second = 0; second < 59; second += 1) go(1000);
  expect(told()).toBe(1);
  go(1000);
  expect(told()).toBe(2);
  for (let count = 0; count < 5; count += 1) gatherer.hear({ type: 'conditions', open: [exampleCondition()] });
  expect(told()).toBe(2);
  go(1000);
  expect(told()).toBe(3);
  end();
  gatherer.hear({ type: 'conditions', open: [] });
  go(1000);
  expect(told()).toBe(3);
});

test('the newest of each message stands, and is in the next overview', () => {
  const { gatherer } = heard(['laptop', 'tower']);
  gatherer.hear({ type: 'conditions', open: [exampleCondition({ key: 'a' }), exampleCondition({ key: 'b' })] });
  gatherer.hear({ type: 'conditions', open: [exampleCondition({ key: 'b' })] });
  expect(gatherer.conditions()?.map(({ key }) => key)).toEqual(['b']);
  expect(gatherer.overview()?.conditions.map(({ key }) => key)).toEqual(['b']);
  gatherer.hear({ type: 'changes', changes: [{ atMs: 1, lines: ['+ laptop'] }] });
  expect(gatherer.changes()).toHaveLength(1);
  gatherer.hear({ type: 'source', source: 'tower', facts: sourceFacts(storedFacts(noonMs)) });
  gatherer.hear({ type: 'settings', settings: settings(['laptop']) });
  gatherer.hear({ type: 'settings', settings: settings(['laptop', 'tower']) });
  // It was gone meanwhile, so what was heard of it is of another.
  expect(gatherer.overview()?.sources[1]).toMatchObject({ state: 'never' });
});

test('an overview is made once for all who ask at the same time, and is never old', () => {
  const { gatherer, clock } = heard();
  const first = gatherer.overview();
  expect(gatherer.overview()).toBe(first);
  clock.go(4999);
  expect(gatherer.overview()).toBe(first);
  clock.go(2);
  expect(gatherer.overview()?.atMs).toBe(noonMs + 5001);
  const last = gatherer.overview();
  gatherer.hear({ type: 'conditions', open: [] });
  expect(gatherer.overview()).not.toBe(last);
});

test('one listener that fails keeps nothing from the others', () => {
  const { gatherer, go } = heard();
  let heardOf = 0;
  gatherer.onChange(() => {
    throw new Error('a bug');
  });
  gatherer.onChange(() => {
    heardOf += 1;
  });
  go(1000);
  expect(heardOf).toBe(1);
});

test('sizes are kept once a day and source, the last look of a day stands, and the next start knows them', () => {
  const state = memoryState();
  const saved: string[] = [];
  const watched: MonitorState = {
    ...methodsOf(state),
    saveSize: (size) => {
      saved.push(size.day);
      state.saveSize(size);
    },
  };
  const { gatherer, clock } = heard(['laptop'], watched);
  const found = (bytes: number) => {
    const facts = sourceFacts(storedFacts(clock.wallMs(), { live: { bytes, objects: 1 } }));
    gatherer.hear({ type: 'source', source: 'laptop', facts });
  };
  found(10);
  found(10);
  expect(saved).toEqual(['2026-11-21']);
  clock.go(3_600_000);
  found(20);
  clock.go(dayMs);
  found(30);
  expect(state.sizes('laptop', 9).map(({ day, liveBytes }) => [day, liveBytes])).toEqual([
    ['2026-11-21', 20],
    ['2026-11-22', 30],
  ]);
  const trend = (one: Gatherer) =>
    one
      .overview()
      ?.sources[0]?.trend.map(({ liveBytes }) => liveBytes)
      .slice(-2);
  expect(trend(gatherer)).toEqual([20, 30]);
  expect(gatherer.history.sizes('laptop', 1)).toHaveLength(1);
  const again = heard(['laptop'], state);
  again.clock.go(dayMs + 3_600_000);
  expect(trend(again.gatherer)).toEqual([20, 30]);
});

test('of the disk a quarter of an hour is enough; a source that can not be read has no size', () => {
  const { gatherer, clock, state } = heard();
  const disk = (freeBytes: number) =>
    gatherer.hear({ type: 'server', facts: serverFacts({ disk: { totalBytes: 100, freeBytes } }) });
  const used = () => state.sizes(null, 9).map(({ liveBytes }) => liveBytes);
  disk(90);
  clock.go(60_000);
  disk(80);
  expect(used()).toEqual([10]);
  clock.go(15 * 60_000);
  disk(70);
  expect(used()).toEqual([30]);
  expect(gatherer.overview()?.disk).toMatchObject({ freeBytes: 70, fullAtMs: null });
  gatherer.hear({ type: 'source', source: 'laptop', facts: sourceFacts(storedFacts(noonMs, { unreadable: 'EIO' })) });
  expect(state.sizes('laptop', 9)).toEqual([]);
  expect(gatherer.overview()?.sources[0]?.state).toBe('unreadable');
});

test('the days of sizes are the server’s wall clock’s', () => {
  const { gatherer, state } = started();
  const late = Date.parse('2026-11-20T23:30:00Z');
  gatherer.hear({ type: 'source', source: 'laptop', facts: sourceFacts(storedFacts(late)) });
  gatherer.hear({ type: 'settings', settings: settings(['laptop'], { timeZone: 'Europe/Berlin' }) });
  expect(state.sizes('laptop', 9).map(({ day }) => day)).toEqual(['2026-11-21']);
});

/** A state's methods, so that a test can replace one. */
const methodsOf = (state: MonitorState): MonitorState => ({
  alerts: () => state.alerts(),
  saveAlerts: (alerts) => state.saveAlerts(alerts),
  deliveries: () => state.deliveries(),
  saveDelivery: (delivery) => state.saveDelivery(delivery),
  removeDelivery: (id) => state.removeDelivery(id),
  digestedMs: () => state.digestedMs(),
  saveDigestedMs: (atMs) => state.saveDigestedMs(atMs),
  pingedSeq: () => state.pingedSeq(),
  savePingedSeq: (seq) => state.savePingedSeq(seq),
  saveSize: (size) => state.saveSize(size),
  sizes: (source, days) => state.sizes(source, days),
  allSizes: (days) => state.allSizes(days),
  close: () => state.close(),
});

test('what is heard of phones is shown of those that are phones, and who is not named again is none', () => {
  const { gatherer } = started();
  const { ingest } = examplePhone('lisa-phone', noonMs);
  const sources = [settingsOfSource('lisa-phone', { ingest }), settingsOfSource('laptop')];
  gatherer.hear({ type: 'settings', settings: settings([], { sources }) });
  gatherer.hear({ type: 'server', facts: serverFacts() });
  const shown = () => gatherer.overview()?.sources.map(({ phone }) => phone?.name ?? null);
  expect(shown()).toEqual([null, null]);
  gatherer.hear({ type: 'phones', phones: ['lisa-phone', 'laptop'].map((name) => phoneFacts(name, noonMs)) });
  expect(shown()).toEqual(['lisa-phone', null]);
  gatherer.hear({ type: 'phones', phones: [] });
  expect(shown()).toEqual([null, null]);
});
