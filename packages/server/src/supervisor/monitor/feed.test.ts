import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Word } from '../../events/condition.ts';
import { recordConditions } from '../../events/record.ts';
import type { MonitorSettings } from '../../monitor/settings.ts';
import { settingsOf } from '../../monitor/settings-of.ts';
import type { ServerConfig } from '../../sources/source.ts';
import { configOf, publicKeyLine } from '../../sources/testing.ts';
import type { ServerState } from '../state.ts';
import { readChanges } from './changes.ts';
import { Feed, type FeedOptions } from './feed.ts';

let data = '';
let running: Feed | null = null;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'berth-feed-'));
});
afterEach(() => {
  running?.stop();
  running = null;
  rmSync(data, { recursive: true });
});

const state: ServerState = {
  ...{ version: 1, pid: 1, sshdPid: null, coordinatorPid: 7, monitorPid: null, page: null, mode: 'rootless' },
  ...{
    mountNamespace: '',
    jail: { kind: 'none', reason: 'a test' },
    address: null,
    port: 2222,
    config: '/sources.yaml',
  },
  ...{ hostKey: { publicKey: '', fingerprint: 'SHA256:x' }, knownHostKey: null, startedAt: '2026-11-21T00:00:00.000Z' },
  ...{ stoppedAt: null, appliedAt: null, sftp: {}, refused: null },
};
const config = (...names: readonly string[]): ServerConfig =>
  configOf(
    `channels: { phone: { type: ntfy, url: 'https://ntfy.example.org/topic', token_file: token } }\nsources:\n${names
      .map((name, index) => `  ${name}: { uid: ${1001 + index}, key: '${publicKeyLine(index)}' }\n`)
      .join('')}`,
  );
const condition: Word = {
  raise: { code: 'clock-jump', source: null, subject: null, severity: 'warning', text: 'It jumped.', remedy: 'Look.' },
};

/** A feed, and what it has told: the kinds in order, and the newest of each. */
const feeding = (more: Partial<FeedOptions> = {}) => {
  const world = { token: 'one', told: [] as string[], newest: new Map<string, unknown>() };
  const hear =
    (kind: string) =>
    (...parts: readonly unknown[]): void => {
      const what = kind === 'source' ? `source ${String(parts[0])}` : kind;
      world.told.push(what);
      world.newest.set(what, parts.at(-1));
    };
  const feed = new Feed({
    dataDir: data,
    monitor: {
      ...{ settings: hear('settings'), server: hear('server'), source: hear('source'), conditions: hear('conditions') },
      ...{ events: hear('events'), changes: hear('changes'), restart: hear('restart'), phones: hear('phones') },
    },
    state: () => state,
    before: null,
    settingsOf: (inForce): MonitorSettings =>
      settingsOf(inForce, {
        ...{ folder: '/etc/berth', hostName: 'nas' },
        read: () => ({ kind: 'read', bytes: Buffer.from(world.token), mode: 0o600 }),
      }),
    log: pino({ level: 'silent' }),
    cadence: { recordsMs: 20, serverMs: 20, secretsMs: 0 },
    ...more,
  });
  running = feed;
  return { feed, world };
};
const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 5000) throw new Error(`not within 5 s: ${what}`);
    await sleep(10);
  }
};

test('what comes into force is told with its secrets, and each source; told once as long as it is the same', () => {
  const { feed, world } = feeding();
  feed.apply(config('laptop', 'desk'));
  expect(world.told).toEqual(['changes', 'settings', 'source laptop', 'source desk']);
  expect(world.newest.get('settings')).toMatchObject({ channels: [{ name: 'phone', token: 'one' }] });
  feed.apply(config('laptop', 'desk'));
  expect(world.told.slice(4)).toEqual(['changes']);
});

test('a secret that is another by now is told when a channel fails, and with SIGHUP', () => {
  const { feed, world } = feeding();
  feed.apply(config('laptop'));
  world.token = 'two';
  feed.channelFails();
  expect(world.newest.get('settings')).toMatchObject({ channels: [{ token: 'two' }] });
  world.token = 'three';
  feed.apply(config('laptop'));
  expect(world.newest.get('settings')).toMatchObject({ channels: [{ token: 'three' }] });
});

test('what changed in sources.yaml is told and kept, also what changed while no server ran', () => {
  feeding({ before: config('laptop') }).feed.apply(config('laptop', 'desk'));
  const next = feeding({ before: config('laptop', 'desk') });
  next.feed.apply(config('laptop', 'desk'));
  expect(next.world.newest.get('changes')).toMatchObject([{ lines: [expect.stringMatching(/^\+ desk: UID 1002/)] }]);
  next.feed.apply(config('desk'));
  expect(readChanges(data, 0)).toHaveLength(2);
});

test('conditions that another process opens, and what happened, are told soon', async () => {
  const { feed, world } = feeding();
  feed.apply(config('laptop'));
  feed.start();
  await until('nothing is wrong', () => world.newest.has('conditions') && world.newest.has('server'));
  expect(world.newest.get('conditions')).toEqual([]);
  expect(world.newest.get('server')).toMatchObject({ hostKeyFingerprint: 'SHA256:x', coordinator: 'up' });
  await recordConditions(data, [condition], Date.now());
  await until('it is told', () => JSON.stringify(world.newest.get('conditions')).includes('It jumped.'));
  await until('the event too', () => JSON.stringify(world.newest.get('events')).includes('"raised"'));
  const count = world.told.filter((what) => what === 'conditions').length;
  await sleep(100);
  expect(world.told.filter((what) => what === 'conditions')).toHaveLength(count);
});

test('a file that can not be read ends nothing: the others are told', async () => {
  const { feed, world } = feeding({ dataDir: '/dev/null' });
  feed.apply(config('laptop'));
  feed.start();
  await until('the settings are told', () => world.newest.has('settings'));
});
