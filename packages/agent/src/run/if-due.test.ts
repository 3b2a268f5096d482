import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import { type IfDueArguments, runIfDue } from './if-due.ts';
import { takeLock } from './lock.ts';
import { configWith, failed, fakeCoordinator, stage } from './testing.ts';

const hour = 3_600_000;

/** A machine that wakes, at a server that plans its runs; its clock starts on 2026-11-14 at 03:00 UTC. */
const machine = async () => {
  const it = await stage();
  const server = fakeCoordinator(it.world.now);
  const wake = (more: Partial<IfDueArguments> = {}) =>
    runIfDue({
      ...{ home: it.home, loadConfig: async () => configWith(), signal: it.abort.signal, berthVersion: '0.1.0' },
      world: { ...it.world, coordinator: () => server.coordinator },
      onEvent: (event) => void it.events.push(event),
      ...more,
    });
  return {
    ...it,
    ...{ server, wake },
    in: (ms: number) => new Date(it.world.now().getTime() + ms),
    backups: () => it.calls.filter((call) => call === 'backup').length,
  };
};

test('nothing is done before the slot, and nobody is asked twice', async () => {
  await using it = await machine();
  it.server.slot = it.in(5 * hour);
  expect(await it.wake()).toMatchObject({ kind: 'not-due', slotAt: it.server.slot });
  expect(await it.wake()).toMatchObject({ kind: 'not-due' });
  expect(it.server.calls).toEqual(['assignment']);
  expect(await it.reports()).toEqual([]);
});

test('a slot that begins within 16 minutes is waited for, and run as such', async () => {
  await using it = await machine();
  it.server.slot = it.in(10 * 60_000);
  const end = await it.wake();
  if (end.kind !== 'ran') throw new Error(end.kind);
  expect(end.report.outcome).toBe('ok');
  expect(Date.parse(end.report.startedAt)).toBeGreaterThanOrEqual(it.server.slot.getTime());
  expect(it.server.calls).toEqual(['assignment', 'lease slot', 'deliver', 'assignment']);
  expect(it.server.kept).toEqual([end.report]);
});

test('one that was slept through is run at once, and the connection stays until the report is handed in', async () => {
  await using it = await machine();
  it.server.slot = it.in(-4 * hour);
  it.server.coordinator = {
    ...it.server.coordinator,
    [Symbol.asyncDispose]: async () => void it.server.calls.push('hung up'),
  };
  expect(await it.wake()).toMatchObject({ kind: 'ran' });
  expect(it.server.calls.at(-1)).toBe('hung up');
});

test('an agent.yaml that is broken is told to the server where a run is due, four times a day; put right it runs at once', async () => {
  await using it = await machine();
  const broken = new Problem('invalid-config', 'agent.yaml:3:1: unknown field pats', 'Did you mean paths?');
  const wakeBroken = () => it.wake({ loadConfig: () => Promise.reject(broken) });
  await expect(wakeBroken()).rejects.toBe(broken);
  // Of a server that never answered nobody knows where it is.
  expect(await it.reports()).toEqual([]);
  it.server.slot = it.in(5 * hour);
  await it.wake();
  it.pass(hour);
  await expect(wakeBroken()).rejects.toBe(broken);
  expect(it.server.kept).toEqual([]);
  it.pass(4 * hour);
  for (let wake = 0; wake < 48; wake += 1) {
    await expect(wakeBroken()).rejects.toBe(broken);
    it.pass(hour / 4);
  }
  expect(it.server.kept).toHaveLength(2);
  expect(it.server.kept[0]).toMatchObject({ outcome: 'failed', reason: 'invalid-config', message: broken.message });
  expect(await it.reports()).toEqual(it.server.kept);
  expect(it.backups()).toBe(0);
  await expect(wakeBroken()).rejects.toBe(broken);
  it.pass(hour / 4);
  expect(await it.wake()).toMatchObject({ kind: 'ran', report: { outcome: 'ok' } });
});

test('a clock that is two hours slow is put right by the server', async () => {
  await using it = await machine();
  it.server.aheadMs = 2 * hour;
  it.server.slot = it.in(2 * hour + 5 * 60_000);
  const due = it.in(5 * 60_000);
  expect(await it.wake()).toMatchObject({ kind: 'ran', report: { startedAt: due.toISOString() } });
});

test('a plan that changed meanwhile counts: the server says that it is not due', async () => {
  await using it = await machine();
  it.server.slot = it.in(-hour);
  const startsAt = it.in(3 * hour);
  it.server.leases = [
    {
      kind: 'not-due',
      now: it.in(0).toISOString(),
      startsAt: startsAt.toISOString(),
      askAgainAt: startsAt.toISOString(),
    },
  ];
  expect(await it.wake()).toEqual({ kind: 'not-due', nextAt: startsAt, slotAt: startsAt });
  expect(it.backups()).toBe(0);
});

test('with the server away it runs by its last known slot, and hands its reports in later, in order, each once', async () => {
  await using it = await machine();
  it.server.slot = it.in(5 * hour);
  await it.wake();
  it.server.isAway = true;
  const made: unknown[] = [];
  for (let wake = 0; wake < 24 * 3; wake += 1) {
    it.pass(hour);
    const end = await it.wake();
    if (end.kind === 'ran') made.push(end.report.run);
  }
  expect(made).toHaveLength(3);
  it.server.isAway = false;
  it.server.slot = it.in(20 * hour);
  await it.wake();
  await it.wake();
  expect(it.server.kept.map(({ run }) => run)).toEqual(made);
});

test('with a server that was never there it runs every 24 hours', async () => {
  await using it = await machine();
  it.server.isAway = true;
  let ran = 0;
  for (let wake = 0; wake < 60; wake += 1) {
    if ((await it.wake()).kind === 'ran') ran += 1;
    it.pass(hour);
  }
  expect(ran).toBe(3);
});

test('a second wake, and one during a run of a person, is busy and leaves no report', async () => {
  await using it = await machine();
  it.server.slot = it.in(-hour);
  {
    await using _ = await takeLock(it.home.lock);
    expect(await it.wake()).toMatchObject({ kind: 'skipped', reason: 'busy' });
  }
  let second: unknown;
  it.during.backup = async () => {
    second = await it.wake();
  };
  expect(await it.wake()).toMatchObject({ kind: 'ran' });
  expect(second).toMatchObject({ kind: 'skipped', reason: 'busy' });
  expect(await it.reports()).toHaveLength(1);
});

test('what should rather wait is asked when a run is due, and not before', async () => {
  await using it = await machine();
  const asked: Date[] = [];
  const skip: IfDueArguments['skip'] = async ({ since }) => {
    asked.push(since);
    return { reason: 'on-battery' };
  };
  it.server.slot = it.in(5 * hour);
  await it.wake({ skip });
  it.pass(6 * hour);
  expect(await it.wake({ skip })).toMatchObject({ kind: 'skipped', reason: 'on-battery' });
  expect(asked).toEqual([it.server.slot]);
  expect(it.server.calls.filter((call) => call.startsWith('lease'))).toEqual([]);
});

test('stopped in the queue, it says at which place it stood', async () => {
  await using it = await machine();
  it.server.slot = it.in(-hour);
  it.server.leases = [{ kind: 'waiting', now: it.in(0).toISOString(), position: 3, retryAfterMs: 20_000, words: '' }];
  const sleep = async () => it.abort.abort();
  const end = await it.wake({ world: { ...it.world, sleep, coordinator: () => it.server.coordinator } });
  expect(end).toEqual({ kind: 'waiting', nextAt: it.in(20_000), position: 3 });
});

test('a run that fails each time comes ever later', async () => {
  await using it = await machine();
  it.server.slot = it.in(0);
  it.answers.backup = Array.from({ length: 100 }, () => failed('wrong-password'));
  for (let wake = 0; wake < 4 * 24; wake += 1) {
    await it.wake();
    it.pass(15 * 60_000);
  }
  expect(it.backups()).toBeGreaterThan(4);
  expect(it.backups()).toBeLessThan(9);
});

test('with the server out of reach no hook runs and nothing is tried again: the next wake is the next try', async () => {
  await using it = await machine();
  it.server.slot = it.in(-hour);
  it.server.isAway = true;
  const away = new Problem('unreachable', 'The server does not answer.', 'Look whether it is on.');
  it.answers.connect = [away, away];
  const hooks = (...names: string[]) => names.map((name) => `${name}: [{ run: echo ${name} }]`).join(', ');
  const loadConfig = async () => configWith(`hooks: { ${hooks('before', 'after', 'failure')} }`);
  const before = it.world.now().getTime();
  for (let wake = 0; wake < 2; wake += 1) {
    const end = await it.wake({ loadConfig });
    if (end.kind !== 'ran') throw new Error(end.kind);
    expect(end.report).toMatchObject({ outcome: 'failed', reason: 'unreachable', attempts: 1 });
    expect(end.report.steps.map(({ name }) => name)).toEqual(['lease', 'connect']);
    expect(it.connections()).toBe(0);
    it.pass(15 * 60_000);
  }
  expect(it.world.now().getTime() - before).toBeLessThan(hour);
  const last = await it.wake({ loadConfig });
  if (last.kind !== 'ran') throw new Error(last.kind);
  const steps = last.report.steps.map(({ name }) => name);
  expect([...steps.slice(0, 4), steps.at(-1)]).toEqual(['lease', 'connect', 'hook-before', 'connect', 'hook-after']);
  expect(it.connections()).toBe(0);
});
