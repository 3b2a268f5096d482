import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readState, type ServerState, writeState } from './state.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'berth-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const state: ServerState = {
  version: 1,
  pid: 1,
  sshdPid: null,
  coordinatorPid: null,
  monitorPid: null,
  page: null,
  mode: 'private',
  mountNamespace: 'mnt:[2]',
  jail: { kind: 'none', reason: 'a test' },
  address: null,
  port: 2222,
  hostKey: { publicKey: 'ssh-ed25519 AAAA', fingerprint: 'SHA256:x' },
  knownHostKey: null,
  config: '/etc/berth/sources.yaml',
  startedAt: '2026-11-21T00:00:00.000Z',
  stoppedAt: null,
  appliedAt: null,
  sftp: {},
  refused: { at: '2026-11-21T00:00:00.000Z', findings: [{ message: 'm', remedy: 'r' }] },
};

test('what a server records is what status reads', () => {
  writeState(data, state);
  expect(readState(data)).toEqual(state);
});

test('a state that is missing, torn or of another version is none', () => {
  expect(readState(data)).toBeNull();
  for (const text of ['{"version":1', '', '{"version":2}', '[]']) {
    writeFileSync(join(data, 'server.json'), text);
    expect(readState(data)).toBeNull();
  }
});

test('a link left at the temporary name is not written through', () => {
  const victim = join(data, 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, join(data, 'server.json.new'));
  writeState(data, state);
  expect(readFileSync(victim, 'utf8')).toBe('untouched');
});
