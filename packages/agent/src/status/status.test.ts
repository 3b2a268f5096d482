import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@berth/common/control/assignment.ts';
import { noPolicy } from '@berth/common/control/policy.ts';
import type { Report } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { commentedConfig } from '../config/example.ts';
import { homeOf } from '../config/home.ts';
import { loadConfig } from '../config/load.ts';
import { cachedFrom, writeAssignment } from '../run/assignment.ts';
import { writeLedger } from '../run/ledger.ts';
import { takeLock } from '../run/lock.ts';
import { readHistory } from './history.ts';
import { readStatus } from './status.ts';

const report = (startedAt: string, more: Partial<Report>): Report => ({
  version: 1,
  run: crypto.randomUUID(),
  source: 'laptop',
  versions: { berth: '0.1.0', restic: '0.14.0', node: '24', system: 'linux' },
  startedAt,
  endedAt: startedAt,
  outcome: 'ok',
  reason: null,
  message: null,
  remedy: null,
  attempts: 1,
  dryRun: false,
  snapshot: null,
  steps: [],
  stepsLeftOut: 0,
  dumps: [],
  warnings: [],
  ...more,
});

const withHome = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'status-'));
  const home = homeOf({ directory, env: {}, uid: 0 });
  await mkdir(home.reports, { recursive: true });
  await writeFile(home.config, commentedConfig({ server: 'laptop@127.0.0.1:1', name: 'laptop', paths: ['/etc'] }));
  return { home, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
};

test('the last run and the last snapshot may be two runs; dry, busy and torn ones do not count', async () => {
  await using place = await withHome();
  const write = (name: string, content: unknown) =>
    writeFile(join(place.home.reports, name), typeof content === 'string' ? content : JSON.stringify(content));
  await write('20261101T000000.000Z-00000001.json', report('2026-11-01T00:00:00Z', { snapshot: 'aaaaaaaa' }));
  await write('20261102T000000.000Z-00000002.json', report('2026-11-02T00:00:00Z', { snapshot: 'bbbbbbbb' }));
  await write('20261103T000000.000Z-00000003.json', report('2026-11-03T00:00:00Z', { outcome: 'failed' }));
  await write('20261104T000000.000Z-00000004.json', report('2026-11-04T00:00:00Z', { dryRun: true }));
  await write('20261105T000000.000Z-00000005.json', report('2026-11-05T00:00:00Z', { outcome: 'busy' }));
  await write('20261106T000000.000Z-00000006.json', '{"version":1,');
  await write('20261107T000000.000Z-00000007.json', { version: 99 });
  await write('notes.txt', 'x');
  const history = await readHistory(place.home.reports);
  expect(history.last?.startedAt).toBe('2026-11-03T00:00:00Z');
  expect(history.lastSnapshot?.snapshot).toBe('bbbbbbbb');
  expect(await readHistory('/nonexistent')).toEqual({ last: null, lastSnapshot: null });
});

test('what is due follows the ledger, and a ledger from the future is due now', async () => {
  await using place = await withHome();
  const config = await loadConfig(place.home.config);
  const now = new Date('2026-11-10T00:00:00Z');
  const status = () => readStatus({ config, home: place.home, now, offline: true });
  expect((await status()).due).toEqual({ prune: now.toISOString(), check: now.toISOString() });
  await writeLedger(place.home.ledger, {
    prunedAt: new Date('2026-11-08T00:00:00Z'),
    checkedAt: new Date('2027-01-01T00:00:00Z'),
    checkedPart: 1,
  });
  expect((await status()).due).toEqual({ prune: '2026-11-15T00:00:00.000Z', check: now.toISOString() });
});

test('a last snapshot is late after what the server last said, or after two days, offline too', async () => {
  await using place = await withHome();
  const config = await loadConfig(place.home.config);
  const isLate = async (now: string) =>
    (await readStatus({ config, home: place.home, now: new Date(now), offline: true })).isLate;
  expect(await isLate('2026-11-10T00:00:00Z')).toBe(false);
  const last = report('2026-11-01T00:00:00Z', { snapshot: 'aaaaaaaa' });
  await writeFile(join(place.home.reports, '20261101T000000.000Z-00000001.json'), JSON.stringify(last));
  expect([await isLate('2026-11-02T23:00:00Z'), await isLate('2026-11-03T01:00:00Z')]).toEqual([false, true]);
  const assignment: Assignment = {
    ...{ version: 1, source: 'laptop', now: '2026-11-01T00:00:00Z', everyMs: 86_400_000, slot: null },
    ...{ lastSuccessAt: null, askAgainAt: '2026-11-01T06:00:00Z', overdueAfterMs: 5 * 86_400_000, policy: noPolicy },
  };
  const cached = cachedFrom(assignment, new Date('2026-11-01T00:00:00Z'));
  await writeAssignment(place.home.assignment, 'laptop@127.0.0.1:1', cached);
  expect([await isLate('2026-11-03T01:00:00Z'), await isLate('2026-11-06T01:00:00Z')]).toEqual([false, true]);
});

test('a living lock is a run, a dead one is none', async () => {
  await using place = await withHome();
  const config = await loadConfig(place.home.config);
  const running = async () => (await readStatus({ config, home: place.home, now: new Date(), offline: true })).running;
  expect(await running()).toBeNull();
  {
    await using _lock = await takeLock(place.home.lock);
    expect(await running()).toBe(process.pid);
  }
  expect(await running()).toBeNull();
  await writeFile(`${place.home.lock}.pid`, '4194304\n'); // More than Linux ever gives.
  expect(await running()).toBeNull();
});

test('a server that is not asked, and one we never enrolled with, are said to be so', async () => {
  await using place = await withHome();
  const config = await loadConfig(place.home.config);
  const server = async (offline: boolean) =>
    (await readStatus({ config, home: place.home, now: new Date(), offline })).server.kind;
  expect(await server(true)).toBe('not-asked');
  expect(await server(false)).toBe('not-enrolled');
});
