import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { homeOf } from '../config/home.ts';
import { configWith } from '../run/testing.ts';
import type { Ask } from './ask.ts';
import { skipReason, skipWords } from './decide.ts';
import { type Senses, sensesOf } from './senses.ts';
import { skipHook } from './skip.ts';
import { readSkipped, waitingFor } from './skipped.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'berth-power-'));
});
afterAll(() => rm(root, { recursive: true }));

type Supply = Readonly<Record<string, string>>;
const supplies = async (name: string, all: Readonly<Record<string, Supply>>): Promise<string> => {
  for (const [supply, files] of Object.entries(all)) {
    await mkdir(join(root, name, supply), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(root, name, supply, file), `${text}\n`);
  }
  return join(root, name);
};
const nothing: Ask = async () => null;
const ac = (online: '0' | '1'): Supply => ({ type: 'Mains', online });
const battery = (status: string): Supply => ({ type: 'Battery', status, scope: 'System' });

test.each<[string, Readonly<Record<string, Supply>>, boolean]>([
  ['a laptop off the mains', { AC: ac('0'), BAT0: battery('Discharging') }, true],
  ['a laptop on the mains', { AC: ac('1'), BAT0: battery('Charging') }, false],
  ['a weak charger that the battery helps', { AC: ac('1'), BAT0: battery('Discharging') }, false],
  ['a laptop that charges by USB-C', { U: { type: 'USB', online: '1' }, BAT0: battery('Discharging') }, false],
  ['a battery kept at 80 %', { BAT0: battery('Not charging') }, false],
  ['a desktop', { AC: ac('1') }, false],
  ['a desktop whose mouse is discharging', { m: { type: 'Battery', status: 'Discharging', scope: 'Device' } }, false],
  ['a UPS whose mains are gone', { ups: { type: 'UPS', status: 'Discharging' } }, true],
  ['two batteries, one empty', { BAT0: battery('Unknown'), BAT1: { type: 'Battery', status: 'Discharging' } }, true],
])('Linux: %s', async (name, all, expected) => {
  const directory = await supplies(name.replaceAll('/', ' '), all);
  expect(await sensesOf('linux', nothing, directory).onBattery()).toBe(expected);
});

test('a machine that shows no power supplies, as a container does, is on the mains', async () => {
  expect(await sensesOf('linux', nothing, join(root, 'missing')).onBattery()).toBe(false);
});

const answering = (answers: Readonly<Record<string, string>>): Ask => {
  return async ([program]) => answers[program] ?? null;
};

test('macOS: pmset says what power it draws; which network is metered nobody knows', async () => {
  const say = (source: string) => answering({ pmset: `Now drawing from '${source}'\n -InternalBattery-0\t73%;\n` });
  expect(await sensesOf('darwin', say('Battery Power')).onBattery()).toBe(true);
  expect(await sensesOf('darwin', say('AC Power')).onBattery()).toBe(false);
  expect(await sensesOf('darwin', nothing).onBattery()).toBe(false);
  expect(await sensesOf('darwin', nothing).metered()).toBe(false);
});

test('Windows: the line that feeds it, and what the connection costs', async () => {
  const say = (word: string) => sensesOf('win32', answering({ 'powershell.exe': `${word}\r\n` }));
  expect(await Promise.all(['Offline', 'Online', 'Unknown'].map((word) => say(word).onBattery()))).toEqual([
    true,
    false,
    false,
  ]);
  const costs = ['Fixed', 'Variable', 'Unrestricted', 'Unknown', ''];
  expect(await Promise.all(costs.map((word) => say(word).metered()))).toEqual([true, true, false, false, false]);
});

test('Linux: NetworkManager knows or guesses that a network is metered', async () => {
  const say = (answer: string) => sensesOf('linux', answering({ busctl: `${answer}\n` })).metered();
  expect(await Promise.all(['u 0', 'u 1', 'u 2', 'u 3', 'u 4'].map(say))).toEqual([false, true, false, true, false]);
  expect(await sensesOf('linux', nothing).metered()).toBe(false);
});

test('where busctl is missing, nmcli counts only what is connected, and one free network is enough', async () => {
  const device = (state: string, metered: string) => `GENERAL.STATE:${state}\nGENERAL.METERED:${metered}\n`;
  const say = (...devices: string[]) => sensesOf('linux', answering({ nmcli: devices.join('\n') })).metered();
  expect(await say(device('100 (connected)', 'yes (guessed)'), device('10 (unmanaged)', 'unknown'))).toBe(true);
  expect(await say(device('100 (connected)', 'yes'), device('100 (connected)', 'no (guessed)'))).toBe(false);
  expect(await say(device('30 (disconnected)', 'yes'))).toBe(false);
});

const day = 86_400_000;
const now = new Date('2026-11-21T12:00:00Z');
const ago = (days: number): Date => new Date(now.getTime() - days * day);
const both = configWith('skip: { on_battery: true, on_metered: true, at_most: 3d }').skip;

describe('the decision', () => {
  const decide = (state: { onBattery?: boolean; metered?: boolean; waitingFrom?: Date }, skip = both) =>
    skipReason(skip, { onBattery: false, metered: false, waitingFrom: ago(1), now, ...state });

  test('a run waits only for what agent.yaml says', () => {
    expect(decide({ onBattery: true, metered: true })).toBe('on-battery');
    expect(decide({ metered: true })).toBe('metered');
    expect(decide({})).toBeNull();
    expect(decide({ onBattery: true, metered: true }, configWith().skip)).toBeNull();
    expect(decide({ onBattery: true }, configWith('skip: { on_metered: true }').skip)).toBeNull();
  });

  test('at_most after the last success it runs anyway; a success in the future holds nothing up', () => {
    expect(decide({ onBattery: true, waitingFrom: new Date(ago(3).getTime() + 1) })).toBe('on-battery');
    expect(decide({ onBattery: true, waitingFrom: ago(3) })).toBeNull();
    expect(decide({ onBattery: true, waitingFrom: ago(-1) })).toBeNull();
  });

  test('the sentence says why, until when, and what a person can do', () => {
    expect(skipWords('on-battery', '2026-11-24 12:00')).toBe(
      'A run is due, but this machine runs on its battery: it waits, until 2026-11-24 12:00 at most. "berth backup" runs now.',
    );
  });
});

/** A home of its own, a clock the test moves, and senses it sets. */
const stage = async (yaml: string) => {
  const directory = await mkdtemp(join(root, 'home-'));
  const home = homeOf({ directory, env: {}, uid: 0 });
  const world = { battery: false, metered: false, time: now.getTime(), asked: 0 };
  const said: string[] = [];
  const senses: Senses = {
    onBattery: async () => {
      world.asked += 1;
      return world.battery;
    },
    metered: async () => world.metered,
  };
  const hook = skipHook({
    ...{ home, senses, now: () => new Date(world.time), loadConfig: async () => configWith(yaml) },
    onSkip: ({ reason, until }, isNew) => void said.push(`${reason} ${until.toISOString()}${isNew ? ' new' : ''}`),
  });
  const wake = async (lastSuccessAt: Date | null) => (await hook({ lastSuccessAt }))?.reason ?? null;
  return { home, world, said, wake };
};

const yaml = 'skip: { on_battery: true, on_metered: true, at_most: 3d }';

test('each reason is new once, survives restarts of the program, and goes with the run that is made', async () => {
  const { home, world, said, wake } = await stage(yaml);
  world.battery = true;
  expect(await wake(ago(1))).toBe('on-battery');
  expect(await wake(ago(1))).toBe('on-battery');
  world.battery = false;
  world.metered = true;
  expect(await wake(ago(1))).toBe('metered');
  const until = ago(-2).toISOString();
  expect(said).toEqual([`on-battery ${until} new`, `on-battery ${until}`, `metered ${until} new`]);
  expect(await readSkipped(home)).toMatchObject({ reason: 'metered', since: now, until: ago(-2) });
  world.metered = false;
  expect(await wake(ago(1))).toBeNull();
  expect(await readSkipped(home)).toBeNull();
});

test('without a success so far it waits at_most from its first wait on, and once that is over tries at every wake', async () => {
  const { world, wake } = await stage(yaml);
  world.battery = true;
  expect(await wake(null)).toBe('on-battery');
  world.time += 3 * day - 1;
  expect(await wake(null)).toBe('on-battery');
  world.time += 1;
  expect(await wake(null)).toBeNull();
  expect(await wake(null)).toBeNull();
  expect(await wake(new Date(world.time))).toBe('on-battery');
});

test('status shows what waits, until its time is up or somebody ran a backup by hand', async () => {
  const { home, world, wake } = await stage(yaml);
  world.battery = true;
  const status = async (at: Date, lastSuccessAt: Date | null) =>
    (await waitingFor(home, { now: at, lastSuccessAt }))?.reason ?? null;
  expect(await status(now, null)).toBeNull();
  await wake(ago(1));
  expect(await status(ago(-1), ago(1))).toBe('on-battery');
  expect(await status(ago(-2), ago(1))).toBeNull();
  expect(await status(ago(-1), ago(-0.5))).toBeNull();
});

test('nothing is asked and nothing written where agent.yaml does not want to know', async () => {
  const { home, world, wake } = await stage('');
  world.battery = true;
  expect(await wake(null)).toBeNull();
  expect(world.asked).toBe(0);
  await expect(readFile(join(home.state, 'skipped.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a torn file is no memory, and no error', async () => {
  const { home, world, wake } = await stage(yaml);
  world.battery = true;
  await mkdir(home.state, { recursive: true });
  await writeFile(join(home.state, 'skipped.json'), '{"reason":"on-ba');
  expect(await wake(ago(1))).toBe('on-battery');
  expect(await readSkipped(home)).toMatchObject({ reason: 'on-battery' });
});
