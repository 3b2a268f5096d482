import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deafPort } from '../../channels/testing.ts';
import type { SyncthingState } from '../facts.ts';
import { createSyncthing } from '../syncthing/client.ts';
import { exampleKey, exampleStatus, fakeSyncthing, phoneId } from '../syncthing/testing.ts';
import { type FromWatcher, fromWatcherSchema } from './link.ts';
import { Watcher } from './watcher.ts';

/** Time passes so many times as fast: five quiet seconds are 12 ms. */
const speed = 400;
const folder = 'phone-files';

const startWatcher = () => {
  const said: FromWatcher[] = [];
  const logged: string[] = [];
  const pauses: number[] = [];
  const watcher = new Watcher({
    clock: { wallMs: () => Date.now(), steadyMs: () => performance.now() * speed },
    sleep: (ms, signal) => {
      pauses.push(ms);
      return sleep(ms / speed, undefined, { signal });
    },
    tell: (message) => said.push(fromWatcherSchema.parse(message)),
    log: pino({ level: 'trace' }, { write: (line: string) => logged.push(line) }),
    createClient: createSyncthing,
  });
  onTestFinished(() => watcher.stop());
  const states = (): readonly SyncthingState[] => said.flatMap((one) => (one.type === 'state' ? [one.state] : []));
  return {
    ...{ watcher, said, logged, pauses, states },
    changes: () => said.filter(({ type }) => type === 'changed').length,
    /** The newest state is so, or becomes so. */
    until: (state: object) =>
      vi.waitFor(() => expect(states().at(-1)).toMatchObject(state), { timeout: 10_000, interval: 2 }),
  };
};

const phone = (url: string) => ({ name: 'lisa-phone', url, key: exampleKey, folderId: folder, certificate: null });

/** One phone that is watched. */
const watched = async () => {
  const fake = await fakeSyncthing(speed);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const watch = startWatcher();
  watch.watcher.apply([phone(fake.url)]);
  return { fake, ...watch };
};

const finished = { folder, item: 'DCIM/a.jpg', error: null, action: 'update', type: 'file' };
const moreChanges = (changes: () => number, than: number) =>
  vi.waitFor(() => expect(changes()).toBeGreaterThan(than), { timeout: 10_000, interval: 2 });

test('it is up, then quiet; and whatever happened before is looked at', async () => {
  const { until, states, changes } = await watched();
  await until({ kind: 'up', quiet: true, needItems: 0, version: 'v1.19.2-ds1' });
  expect(states()[0]).toMatchObject({ kind: 'up', quiet: false });
  expect(changes()).toBe(1);
});

test('a file that comes is a change; while it comes nothing is quiet', async () => {
  const { fake, until, changes } = await watched();
  await until({ quiet: true });
  fake.happen('StateChanged', { folder, from: 'idle', to: 'syncing' });
  await until({ quiet: false });
  fake.happen('ItemFinished', finished);
  fake.happen('StateChanged', { folder, from: 'syncing', to: 'idle' });
  await moreChanges(changes, 1);
  await until({ quiet: true });
});

test('a gap is a change, and everything is asked anew', async () => {
  const { fake, until, changes } = await watched();
  await until({ quiet: true });
  fake.facts.status = exampleStatus({ state: 'syncing', needTotalItems: 3000 });
  fake.happen('DeviceConnected', { id: phoneId }, 4000);
  await moreChanges(changes, 1);
  await until({ quiet: false, needItems: 3000 });
});

test('after a restart, whose ids begin anew, it goes on; what happened meanwhile is looked at', async () => {
  const { fake, until, changes } = await watched();
  for (let id = 1; id <= 20; id += 1) fake.happen('ItemFinished', finished);
  await until({ quiet: true });
  const before = changes();
  fake.facts.events = [];
  fake.facts.startTime = '2026-11-21T07:00:00Z';
  fake.happen('StateChanged', { folder, from: 'idle', to: 'syncing' });
  fake.facts.status = exampleStatus({ state: 'syncing', needTotalItems: 2 });
  await moreChanges(changes, before);
  await until({ quiet: false, needItems: 2 });
  fake.happen('FolderSummary', { folder, summary: exampleStatus() });
  await until({ quiet: true });
});

test('one that says the same events again and again changes nothing, and is not asked without a pause', async () => {
  const { fake, until, changes, pauses } = await watched();
  fake.happen('ItemFinished', finished);
  await until({ quiet: true });
  fake.facts.override = (path, response) => {
    if (path !== '/rest/events') return false;
    response.end(JSON.stringify(fake.facts.events));
    return true;
  };
  const before = changes();
  pauses.length = 0;
  await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(5), { timeout: 10_000, interval: 2 });
  expect(changes()).toBe(before);
  expect(new Set(pauses)).toEqual(new Set([1000]));
});

test('a folder that is paused, and one that goes on', async () => {
  const { fake, until } = await watched();
  await until({ quiet: true });
  const running = fake.facts.folder;
  fake.facts.folder = { ...running, paused: true };
  fake.facts.status = exampleStatus({ state: '' });
  fake.happen('FolderPaused', { id: folder });
  await until({ paused: 'folder', quiet: null, error: null });
  fake.facts.folder = running;
  fake.facts.status = exampleStatus();
  fake.happen('FolderResumed', { id: folder });
  await until({ paused: 'no', quiet: true });
});

test('a phone that is paused; and that was never seen', async () => {
  const { fake, until } = await watched();
  await until({ quiet: true });
  fake.facts.connections = { [phoneId]: { connected: false, paused: true } };
  fake.facts.stats = { [phoneId]: { lastSeen: '1970-01-01T00:00:00Z' } };
  const asked = fake.asked.length;
  fake.happen('DevicePaused', { device: phoneId });
  await until({ paused: 'phone', phoneSeenAt: null });
  // At once, not when it would have been asked for anyway.
  expect(fake.asked.slice(asked).filter((path) => path.startsWith('/events')).length).toBeLessThan(2);
});

test('what it does not tell by itself is seen within a minute', async () => {
  const { fake, until } = await watched();
  await until({ ignoresDeletes: false });
  fake.facts.folder = { ...fake.facts.folder, ignoreDelete: true };
  await until({ ignoresDeletes: true });
  fake.facts.folder = null;
  await until({ kind: 'unknown-folder' });
});

test('a state that stays is said again, and not all the time', async () => {
  const { fake, until, states } = await watched();
  await until({ quiet: true });
  const [before, asked] = [states().length, fake.asked.length];
  await vi.waitFor(() => expect(states().length).toBe(before + 2), { timeout: 10_000, interval: 2 });
  expect(fake.asked.slice(asked).filter((path) => path.startsWith('/events')).length).toBeGreaterThan(3);
});

test('a wrong key is refused, tried again with growing pauses, and it goes on once that is over', async () => {
  const { fake, watcher, until, pauses, states } = startedWith('wrong'.padEnd(32, 'x'));
  await until({ kind: 'refused', why: 'key' });
  await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(7), { timeout: 10_000, interval: 2 });
  expect(pauses.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(states().length).toBeLessThanOrEqual(4);
  watcher.apply([phone((await fake).url)]);
  await until({ kind: 'up' });
});
const startedWith = (key: string) => {
  const watch = startWatcher();
  const fake = fakeSyncthing(speed);
  void fake.then(({ url }) => watch.watcher.apply([{ ...phone(url), key }]));
  onTestFinished(async () => (await fake)[Symbol.asyncDispose]());
  return { fake, ...watch };
};

test('none that answers is down; one of two phones that is down keeps the other from nothing', async () => {
  const { fake, watcher, said } = await watched();
  const other = { ...phone(`http://127.0.0.1:${await deafPort()}`), name: 'tablet' };
  watcher.apply([phone(fake.url), other]);
  await vi.waitFor(() => {
    expect(said).toContainEqual(
      expect.objectContaining({ phone: 'tablet', state: expect.objectContaining({ kind: 'down' }) }),
    );
    expect(said).toContainEqual(
      expect.objectContaining({ phone: 'lisa-phone', state: expect.objectContaining({ quiet: true }) }),
    );
  }, 10_000);
});

test('who is watched already is not asked anew; who is watched no longer is not asked at all', async () => {
  const { fake, watcher, until, states } = await watched();
  await until({ quiet: true });
  const beginnings = () => fake.asked.filter((path) => path.endsWith('limit=1')).length;
  watcher.apply([phone(fake.url)]);
  await sleep(30);
  expect(beginnings()).toBe(1);
  watcher.apply([]);
  await sleep(20);
  const [asked, said] = [fake.asked.length, states().length];
  await sleep(50);
  expect([fake.asked.length, states().length]).toEqual([asked, said]);
});

test('no key is in anything that is said or logged', async () => {
  const { fake, watcher, until, said, logged } = await watched();
  await until({ kind: 'up' });
  fake.facts.override = (_path, response) => {
    response.writeHead(403).end('CSRF Error');
    return true;
  };
  await until({ kind: 'refused' });
  watcher.apply([{ ...phone('http://127.0.0.1:1'), key: `${exampleKey}\n` }]);
  await until({ kind: 'refused', why: 'key', detail: 'the key holds what no key of Syncthing does' });
  expect(logged.length).toBeGreaterThan(1);
  expect(JSON.stringify([said, logged])).not.toContain(exampleKey);
});
