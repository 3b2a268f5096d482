import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, test as anyTest, beforeAll, expect } from 'vitest';
import type { Group } from '../packages/agent/src/containers/containers.ts';
import type { Noted } from '../packages/agent/src/recover/things.ts';
import type { Exec } from '../packages/agent/src/services/exec.ts';
import { quiesceUnit, startNotedUnit, type UnitsWorld } from '../packages/agent/src/services/units.ts';
import { type BootedHost, bootHost } from './helpers/booted-host.ts';
import { isRoot } from './helpers/receiver.ts';

/** A shop, what stops with it, what would start it again, and one that only needs it and is down. */
const units: Readonly<Record<string, string>> = {
  'shop.service': '[Service]\nExecStart=/bin/sleep infinity\n',
  'shop.socket': '[Socket]\nListenStream=/run/shop.sock\n',
  'web.service': '[Unit]\nRequires=shop.service\nAfter=shop.service\n[Service]\nExecStart=/bin/sleep infinity\n',
  'part.service': '[Unit]\nPartOf=shop.service\n[Service]\nExecStart=/bin/sleep infinity\n',
  'down.service': '[Unit]\nRequires=shop.service\n[Service]\nExecStart=/bin/sleep infinity\n',
  'once.service': '[Service]\nExecStartPre=/usr/bin/test ! -e /run/no\nExecStart=/bin/sleep infinity\n',
};
const started = ['shop.socket', 'shop.service', 'web.service', 'part.service', 'once.service'];

if (!isRoot) console.warn('skipped: test/units.test.ts: only root boots a host of its own');
const test = anyTest.skipIf(!isRoot);

let host: BootedHost;
beforeAll(async () => {
  if (!isRoot) return;
  host = await bootHost(
    () => 'sources: {}\n',
    async (files) => {
      const folder = join(files, 'etc/systemd/system');
      await mkdir(folder, { recursive: true });
      for (const [name, text] of Object.entries(units)) await writeFile(join(folder, name), text);
    },
  );
  await host.run('systemctl', 'start', ...started);
}, 120_000);
afterAll(async () => {
  if (isRoot) await host[Symbol.asyncDispose]();
});

const exec: Exec = async (argv) => {
  const { exitCode, stdout, stderr } = await host.run(...argv);
  return { code: exitCode ?? null, stdout, stderr };
};

const stage = () => {
  const noted: Noted[] = [];
  const world: UnitsWorld = {
    exec,
    things: {
      note: async (thing) => {
        noted.push(thing);
        return { done: async () => void noted.splice(noted.indexOf(thing), 1) };
      },
    },
    elapsed: () => performance.now(),
    sleep: async (ms, signal) => void (await pause(ms, undefined, { signal }).catch(() => undefined)),
  };
  return { noted, world };
};
const groupOf = (unit: string, timeoutMs = 60_000): Group & { kind: 'unit' } => ({
  ...{ kind: 'unit', name: unit, unit, user: false, timeoutMs },
});
const states = async (): Promise<Record<string, string>> => {
  const names = Object.keys(units);
  const { stdout } = await host.run('systemctl', 'show', '--property=ActiveState', '--value', ...names);
  const all = stdout.split('\n').filter((line) => line !== '');
  return Object.fromEntries(names.map((name, index) => [name, all[index] ?? '']));
};
const never = new AbortController().signal;

test('a unit is down with all that stops along and all that would start it, and exactly what ran runs again', async () => {
  const { noted, world } = stage();
  const before = await states();
  const down = await quiesceUnit(groupOf('shop.service'), world, never);
  const shop = {
    'shop.service': 'inactive',
    'shop.socket': 'inactive',
    'web.service': 'inactive',
    'part.service': 'inactive',
  };
  expect(await states()).toEqual({ ...before, ...shop });
  expect(noted.flatMap((thing) => (thing.kind === 'unit' ? [thing.unit] : [])).toSorted()).toEqual(
    Object.keys(shop).toSorted(),
  );
  const { downMs, meanwhile } = await down.up();
  expect(downMs).toBeGreaterThan(0);
  expect(meanwhile).toEqual([]);
  expect(await states()).toEqual(before);
  expect(before['down.service']).toBe('inactive');
  expect(noted).toEqual([]);
});

test('one that does not run stays down; one that somebody starts in the middle is told', async () => {
  const { noted, world } = stage();
  const down = await quiesceUnit(groupOf('down.service'), world, never);
  expect(await down.up()).toMatchObject({ meanwhile: [] });
  expect(await states()).toMatchObject({ 'down.service': 'inactive' });
  const shop = await quiesceUnit(groupOf('shop.service'), world, never);
  await host.run('systemctl', 'start', 'shop.service');
  expect(await shop.up()).toMatchObject({ meanwhile: ['shop.service'] });
  expect(noted).toEqual([]);
});

test('a unit that this machine has not is refused by its name', async () => {
  await expect(quiesceUnit(groupOf('gone.service'), stage().world, never)).rejects.toMatchObject({
    code: 'quiesce-failed',
    message: expect.stringContaining('gone.service'),
  });
});

test('one that is down for too long runs again, and whoever copies is told', async () => {
  const { noted, world } = stage();
  const down = await quiesceUnit(groupOf('shop.service', 5_000), world, never);
  await new Promise((resolve) => down.signal.addEventListener('abort', resolve, { once: true }));
  expect(down.signal.reason).toMatchObject({ code: 'quiesce-timeout' });
  await down.up();
  expect(await states()).toMatchObject({ 'shop.service': 'active', 'web.service': 'active' });
  expect(noted).toEqual([]);
});

test('one that does not come up again is said, and stays noted for recover, which starts it when it can', async () => {
  const { noted, world } = stage();
  const down = await quiesceUnit(groupOf('once.service'), world, never);
  await host.run('touch', '/run/no');
  await expect(down.up()).rejects.toMatchObject({ code: 'not-started-again' });
  const [thing] = noted;
  if (thing?.kind !== 'unit') throw new Error('it is not noted');
  await expect(startNotedUnit(thing, world)).rejects.toMatchObject({ code: 'not-started-again' });
  await host.run('rm', '/run/no');
  await startNotedUnit(thing, world);
  await startNotedUnit(thing, world);
  expect(await states()).toMatchObject({ 'once.service': 'active' });
});
