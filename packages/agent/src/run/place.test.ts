import { mkdir, writeFile } from 'node:fs/promises';
import type { LeaseAnswer } from '@berth/common/control/lease.ts';
import { noPolicy } from '@berth/common/control/policy.ts';
import { expect, test } from 'vitest';
import { configWith, failed, fakeCoordinator, stage } from './testing.ts';

/** A stage at a server with a coordinator. */
const withServer = async () => {
  const it = await stage();
  const server = fakeCoordinator(it.world.now);
  const world = { ...it.world, coordinator: () => server.coordinator };
  return {
    ...{ it, server },
    run: (config = configWith(), more = {}) => it.run(config, { world, ...more }),
    [Symbol.asyncDispose]: it[Symbol.asyncDispose],
  };
};
const waiting = (position: number): LeaseAnswer => ({
  ...{ kind: 'waiting', now: '2026-11-14T03:00:00.000Z', position, retryAfterMs: 600_000, words: 'two others run' },
});

test('a run takes a place, hands its report in, and learns when the next should be', async () => {
  await using all = await withServer();
  const { report } = await all.run();
  expect(all.server.calls).toEqual(['lease person', 'deliver', 'assignment']);
  expect(all.server.kept).toEqual([report]);
  expect(report.steps.map(({ name }) => name).slice(0, 3)).toEqual(['lease', 'connect', 'unlock']);
});

test('it waits in the queue before its hooks run, and shows at which place', async () => {
  await using all = await withServer();
  all.server.leases = [waiting(2), waiting(1)];
  const { report } = await all.run(configWith("hooks: { before: [{ run: 'true' }] }"));
  expect(all.it.events.flatMap((event) => (event.type === 'waiting' ? [event.position] : []))).toEqual([2, 1]);
  const [lease, hook] = report.steps;
  expect([lease?.name, lease?.numbers['waitedMs'], hook?.name]).toEqual(['lease', 1_200_000, 'hook-before']);
});

test('waiting takes nothing away from the time there is for retries', async () => {
  await using all = await withServer();
  all.server.leases = [waiting(1), waiting(1)];
  all.it.answers.backup = [failed('connection-cut'), failed('connection-cut')];
  expect((await all.run(configWith('retry: { for: 1m }'))).report).toMatchObject({ outcome: 'ok', attempts: 3 });
});

test('a place that is lost ends the try; the run queues again and comes to its end', async () => {
  await using all = await withServer();
  all.server.beats = [200, 410];
  all.it.during.backup = async () => {
    await all.it.beat();
    await all.it.beat();
    all.it.answers.backup = [failed('cancelled')];
  };
  const { report } = await all.run();
  expect(report).toMatchObject({ outcome: 'ok', attempts: 2 });
  expect(report.steps.find(({ name }) => name === 'backup')).toMatchObject({
    ...{ outcome: 'failed', reason: 'lease-lost' },
  });
  expect(all.server.calls).toEqual(['lease person', 'beat', 'lease person', 'deliver', 'assignment']);
});

test('a place is asked for anew before each try', async () => {
  await using all = await withServer();
  all.it.answers.backup = [failed('connection-cut')];
  await all.run();
  expect(all.server.calls.filter((call) => call === 'lease person')).toHaveLength(2);
});

test('a coordinator that is away keeps nothing from running; the report waits, and goes first the next time', async () => {
  await using all = await withServer();
  all.server.isAway = true;
  const first = (await all.run()).report;
  expect(first).toMatchObject({
    outcome: 'ok',
    steps: expect.arrayContaining([expect.objectContaining({ words: ['no place was given: it is away'] })]),
  });
  expect(all.it.events.at(-1)).toMatchObject({ type: 'handed-in', delivered: 0, waiting: 1, detail: 'it is away' });
  all.server.isAway = false;
  const second = (await all.run()).report;
  expect(all.server.kept).toEqual([first, second]);
});

test('a dry run takes no place and reports to nobody', async () => {
  await using all = await withServer();
  await all.run(configWith(), { dryRun: true });
  expect(all.server.calls).toEqual([]);
});

test('the policy of the lease rules over agent.yaml, and the report says which it was', async () => {
  await using all = await withServer();
  const retention = { daily: 30, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
  all.server.policy = { ...noPolicy, retention, check: { everyMs: 0, sharePercent: 50 } };
  const { report } = await all.run(configWith('retention: { daily: 3, weekly: 9 }'));
  expect(report.steps.find(({ name }) => name === 'forget')?.numbers).toMatchObject({ keepDaily: 30, keepWeekly: 9 });
  expect(all.it.calls.at(-1)).toBe('check 1/2');
});

test('the policy that a run was given rules its later tries too, with the coordinator gone by then', async () => {
  await using all = await withServer();
  all.server.policy = { ...noPolicy, check: { everyMs: 0, sharePercent: 50 } };
  all.it.answers.backup = [failed('connection-cut')];
  all.it.during.backup = async () => {
    all.server.isAway = true;
  };
  expect((await all.run()).report).toMatchObject({ outcome: 'ok', attempts: 2 });
  expect(all.it.calls.at(-1)).toBe('check 1/2');
});

test('with the server away the policy it last gave still rules', async () => {
  await using all = await withServer();
  all.server.policy = { ...noPolicy, check: { everyMs: 0, sharePercent: 50 } };
  await all.run();
  all.server.isAway = true;
  await all.run();
  expect(all.it.calls.at(-1)).toBe('check 2/2');
});

test('a run that is stopped in the queue ends as stopped, and says so to the server', async () => {
  await using all = await withServer();
  all.server.leases = [waiting(1)];
  const sleep = async () => all.it.abort.abort();
  const { report } = await all.it.run(configWith(), {
    world: { ...all.it.world, sleep, coordinator: () => all.server.coordinator },
  });
  expect(report).toMatchObject({ outcome: 'cancelled', attempts: 0 });
  expect(all.server.kept).toEqual([report]);
});

test('where a report can not wait on disk the run still ends, and says it', async () => {
  await using all = await withServer();
  await mkdir(all.it.home.state, { recursive: true });
  await writeFile(all.it.home.outbox, 'a file where the folder should be');
  expect((await all.run()).report.outcome).toBe('ok');
  expect(all.it.lastWords.join()).toContain('can not be handed in');
  expect(await all.it.reports()).toHaveLength(1);
});
