import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { printStatus } from './print.ts';
import type { ServerStatus } from './status.ts';
import { nowMs, sourceStatus } from './testing.ts';

const server: NonNullable<ServerStatus['server']> = {
  ...{ version: 1, pid: 7, sshdPid: 8, coordinatorPid: 9, monitorPid: 10, mode: 'rootless', mountNamespace: 'mnt:[1]' },
  jail: { kind: 'landlock', rights: [], libraries: [] },
  ...{ page: 'http://127.0.0.1:8480', knownHostKey: 'SHA256:x' },
  ...{ address: null, port: 2222, hostKey: { publicKey: '', fingerprint: 'SHA256:x' }, config: '/etc/sources.yaml' },
  ...{ startedAt: '', stoppedAt: null, appliedAt: '2026-11-14T11:00:00.000Z', sftp: {}, refused: null },
};
const whole = (change: Partial<ServerStatus> = {}): string =>
  stripVTControlCharacters(
    printStatus(
      {
        ...{ up: true, server, coordinator: 'up', coordinatorTrouble: null, concurrency: 2, tight: [] },
        ...{ monitor: 'up', page: 'http://127.0.0.1:8480' },
        ...{ timeZone: 'Europe/Berlin', sources: [sourceStatus('laptop')], conditions: [], clockTrusted: true },
        ...change,
      },
      nowMs,
    ),
  );

test.each([
  [{}, 'coordinator   up, 2 at once, by the clock of Europe/Berlin\n'],
  [{ coordinator: 'down' }, 'coordinator   down: slots are the last known ones\n'],
  [{ coordinator: 'none' }, 'coordinator   has not run here yet: nothing is planned\n'],
  [
    { coordinator: 'up', coordinatorTrouble: '/data/state.db can not be read: EIO.' },
    'coordinator   what it knows can not be read: /data/state.db can not be read: EIO.\n',
  ],
] as const)('%j: how the coordinator is stands in one line, and the sources are shown all the same', (change, line) => {
  expect(whole(change)).toContain(line);
  expect(whole(change)).toMatch(/^laptop +fine +9 h ago +tonight 03:10 /m);
});

test.each([
  [{}, 'monitor       up, page http://127.0.0.1:8480\n'],
  [{ page: null }, 'monitor       up, without a page\n'],
  [{ monitor: 'down', page: null }, 'monitor       down: nobody is told of anything\n'],
] as const)('%j: whether people are told, and where they can look, stands in one line', (change, line) => {
  expect(whole(change)).toContain(line);
});

test('what the windows can not hold is said, once', () => {
  const tight = [{ text: 'desk and tower do not fit.', remedy: 'Open the window.' }];
  expect(whole({ tight })).toContain('desk and tower do not fit.\n  Open the window.\n');
  const about = {
    key: 'plan-tight',
    code: 'plan-tight',
    source: null,
    severity: 'warning',
    since: '',
    changedAt: '',
  } as const;
  const conditions = [{ ...about, text: 'desk and tower do not fit.', remedy: 'Open the window.' }];
  expect(whole({ tight, conditions })).not.toContain('do not fit');
});

test('who has nobody yet is told how to begin', () => {
  expect(whole({ sources: [] })).toContain('No sources yet.');
  expect(whole({ server: null })).toContain('No server has run');
});
