import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { assignmentSchema } from '@berth/common/control/assignment.ts';
import type { Report } from '@berth/common/report.ts';
import type { FromCoordinator } from '@berth/server/coordinator/link.ts';
import { databaseFile, socketFolder, stateFolder } from '@berth/server/coordinator/paths.ts';
import { readFleet, readRuns } from '@berth/server/coordinator/state/read.ts';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import {
  ask,
  configOf,
  coordinatorFolders,
  deliveryOf,
  linked,
  reportOf,
  startCoordinator,
  withCoordinator,
} from './helpers/coordinator.ts';
import { isRoot } from './helpers/receiver.ts';

const wordsOf = (said: readonly FromCoordinator[]) =>
  said.flatMap((message) => (message.type === 'words' ? message.words : []));
const fleetOf = (dataDir: string) => readFleet({ dataDir, uid: null, nowMs: Date.now() });

test('a host that is added has its socket and its slot, and status reads it, within two seconds', async () => {
  const window = { from: 22 * 60, to: 6 * 60 };
  const before = ['laptop', 'tower'].map((name) => linked(name, { window }));
  await withCoordinator(before, async ({ apply, control, data }) => {
    const startedMs = performance.now();
    await apply(configOf([...before, linked('newcomer', { window })]));
    const fleet = fleetOf(data);
    const took = performance.now() - startedMs;
    const { slot } = assignmentSchema.parse((await ask(control, 'newcomer', 'GET', '/v1/assignment')).body);
    expect(slot).not.toBeNull();
    const planned = fleet?.sources.find(({ name }) => name === 'newcomer')?.nextSlotMs ?? 0;
    expect(new Date(planned).toISOString()).toBe(slot?.startsAt);
    expect(took).toBeLessThan(2000);
  });
});

test('status reads what is going on while the coordinator hangs, and after it is dead', async () => {
  await withCoordinator([linked('laptop'), linked('tower')], async ({ control, data, pid, kill }) => {
    const run = randomUUID();
    expect((await ask(control, 'laptop', 'POST', '/v1/runs', { run, reason: 'person' })).status).toBe(201);
    const report = reportOf({ source: 'tower' });
    expect((await ask(control, 'tower', 'POST', `/v1/runs/${report.run}/report`, deliveryOf(report))).status).toBe(201);
    const look = () => {
      expect(fleetOf(data)?.sources).toMatchObject([
        { name: 'laptop', state: 'never', now: { kind: 'running' } },
        { name: 'tower', state: 'fine', lastRun: { run: report.run } },
      ]);
      expect(readRuns({ dataDir: data, uid: null, source: 'tower', most: 5 })).toHaveLength(1);
    };
    process.kill(pid, 'SIGSTOP');
    look();
    await kill();
    look();
  });
});

test('it ends with its standard input, and when it is told to, and takes its sockets along', async () => {
  await using folders = coordinatorFolders();
  for (const signal of [null, 'SIGTERM'] as const) {
    const coordinator = startCoordinator(folders);
    await coordinator.apply(configOf([linked('laptop')]));
    if (signal !== null) process.kill(coordinator.pid, signal);
    expect(await coordinator.end(), coordinator.log()).toBe(0);
    expect(readdirSync(socketFolder(folders.control, 'laptop'))).toEqual([]);
  }
});

test('a damaged database is set aside and said, and the coordinator goes on', async () => {
  await using folders = coordinatorFolders();
  mkdirSync(stateFolder(folders.data));
  writeFileSync(databaseFile(stateFolder(folders.data)), 'this was a database once'.repeat(1000));
  const coordinator = startCoordinator(folders);
  await coordinator.apply(configOf([linked('laptop')]));
  expect(wordsOf(coordinator.said)).toContainEqual({
    raise: expect.objectContaining({ code: 'coordinator-state', severity: 'warning' }),
  });
  expect(coordinator.log()).toContain('set aside');
  expect((await ask(folders.control, 'laptop', 'GET', '/v1/assignment')).status).toBe(200);
  expect(await coordinator.end()).toBe(0);
  expect(readdirSync(stateFolder(folders.data)).some((name) => name.startsWith('state.db.broken-'))).toBe(true);
});

test('a database of a newer berth is left alone: it is said, and the coordinator ends', async () => {
  await using folders = coordinatorFolders();
  mkdirSync(stateFolder(folders.data));
  const db = new DatabaseSync(databaseFile(stateFolder(folders.data)));
  db.exec('PRAGMA user_version = 99');
  db.close();
  const coordinator = startCoordinator(folders);
  expect(await coordinator.end()).toBe(1);
  expect(wordsOf(coordinator.said)).toEqual([
    { raise: expect.objectContaining({ code: 'coordinator-state', severity: 'critical' }) },
  ]);
});

test.runIf(isRoot)(
  'on a full disk no report is taken and none is lost, and it goes on when there is room (needs root)',
  async () => {
    await using folders = coordinatorFolders();
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'berth-test', folders.data]);
    try {
      const coordinator = startCoordinator(folders);
      await coordinator.apply(configOf([linked('laptop')]));
      const deliver = async (report: Report) =>
        (await ask(folders.control, 'laptop', 'POST', `/v1/runs/${report.run}/report`, deliveryOf(report))).status;
      const kept: string[] = [];
      const big = () => reportOf({ source: 'laptop', message: 'x'.repeat(4000), remedy: 'y'.repeat(4000) });
      let refused: Report | null = null;
      for (let sent = 0; sent < 300 && refused === null; sent += 1) {
        const report = big();
        const status = await deliver(report);
        if (status === 201) kept.push(report.run);
        else refused = report;
        expect([201, 507]).toContain(status);
      }
      if (refused === null) throw new Error('the disk was never full');
      // A lease is given all the same: a backup matters more than writing down that it runs.
      const asked = await ask(folders.control, 'laptop', 'POST', '/v1/runs', { run: refused.run, reason: 'person' });
      expect(asked.status).toBe(201);
      await execa('mount', ['-o', 'remount,size=8m', folders.data]);
      expect(await deliver(refused)).toBe(201);
      await coordinator.kill();
      const runs = readRuns({ dataDir: folders.data, uid: null, source: 'laptop', most: 1000 });
      expect(runs?.map(({ run }) => run).sort()).toEqual([...kept, refused.run].sort());
    } finally {
      await execa('umount', ['-l', folders.data]);
    }
  },
);
