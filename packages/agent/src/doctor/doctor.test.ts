import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { homeOf } from '../config/home.ts';
import { startFakeServer } from '../server/testing.ts';
import { knownHostsLine } from '../transport/known-hosts.ts';
import { checkClock } from './clock.ts';
import { checkFiles } from './files.ts';
import { checkPaths } from './paths.ts';
import { checkPrivileges } from './privileges.ts';
import { checkNode, checkSsh } from './programs.ts';
import { checkServer } from './server.ts';

const uid = process.getuid?.() ?? 0;

const enrolled = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'doctor-'));
  const home = homeOf({ directory, env: {}, uid });
  await writeFile(home.key, 'key', { mode: 0o600 });
  await writeFile(home.password, 'password', { mode: 0o600 });
  return { directory, home, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
};

test('Node and ssh are looked at, not assumed', async () => {
  expect(checkNode('24.1.0').state).toBe('ok');
  expect(checkNode('22.20.0').state).toBe('failed');
  expect((await checkSsh('ssh')).state).toBe('ok');
  expect((await checkSsh('/nonexistent/ssh')).state).toBe('failed');
});

test('secrets that others can read are a failure with the command that helps', async () => {
  await using place = await enrolled();
  expect((await checkFiles(place.home, uid)).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  await chmod(place.home.password, 0o644);
  await chmod(place.directory, 0o755);
  const findings = await checkFiles(place.home, uid);
  expect(findings.map(({ state }) => state)).toEqual(['failed', 'ok', 'failed']);
  expect(findings.map(({ remedy }) => remedy)).toContain(`Run: chmod 600 ${place.home.password}`);
  expect((await checkFiles(place.home, uid + 1)).map(({ state }) => state)).toEqual(['warning', 'warning', 'warning']);
  await rm(place.home.key);
  expect((await checkFiles(place.home, uid))[1]).toMatchObject({
    state: 'failed',
    remedy: 'Run "berth enroll" first.',
  });
});

test('a clock before the files of this machine is wrong', async () => {
  await using place = await enrolled();
  expect((await checkClock(place.home, new Date())).state).not.toBe('failed');
  expect((await checkClock(place.home, new Date('2001-09-09'))).state).toBe('failed');
});

test.runIf(process.platform === 'linux')('the capability is read from the kernel and from the file', async () => {
  await using place = await enrolled();
  const status = join(place.directory, 'status');
  await writeFile(status, 'Name:\tnode\nCapEff:\t0000000000000004\n');
  expect((await checkPrivileges(1000, null, status)).reach).toBe('everything');
  await writeFile(status, 'Name:\tnode\nCapEff:\t0000000000000000\n');
  expect(await checkPrivileges(1000, null, status)).toMatchObject({ reach: 'own', finding: { state: 'warning' } });
  expect((await checkPrivileges(0, null, status)).reach).toBe('everything');
});

test.runIf(process.platform === 'linux' && uid === 0)(
  'a restic with the capability is right for its group and wrong for everyone',
  async () => {
    await using place = await enrolled();
    const restic = join(place.directory, 'restic');
    await writeFile(restic, '#!/bin/sh\n', { mode: 0o750 });
    await chmod(restic, 0o750);
    await execa('setcap', ['cap_dac_read_search+ep', restic]);
    expect(await checkPrivileges(1000, restic)).toMatchObject({ reach: 'everything', finding: { state: 'ok' } });
    await chmod(restic, 0o755);
    await execa('setcap', ['cap_dac_read_search+ep', restic]);
    expect(await checkPrivileges(1000, restic)).toMatchObject({
      finding: { state: 'failed', remedy: `Run as root: chmod o= ${restic}` },
    });
  },
);

test('paths that are missing are found, the others are looked into', async () => {
  await using place = await enrolled();
  await mkdir(join(place.directory, 'a', 'b'), { recursive: true });
  await writeFile(join(place.directory, 'a', 'b', 'c'), '');
  const findings = await checkPaths([join(place.directory, 'a'), join(place.directory, 'gone')], 'own');
  expect(findings.map(({ state }) => state)).toEqual(['ok', 'failed']);
  expect(findings[0]?.message).toContain('3 entries');
});

test('the server is asked: pinned key, login, coordinator', async () => {
  await using place = await enrolled();
  await using server = await startFakeServer({
    onCommand: (_command, channel) => {
      channel.exit(69);
      channel.end();
    },
  });
  const states = async () =>
    (await checkServer(server.destination, place.home)).map(({ check, state }) => `${check} ${state}`);
  expect(await states()).toEqual(['host key failed']);
  await writeFile(place.home.knownHosts, knownHostsLine(server.destination, server.hostKey));
  await writeFile(place.home.key, server.clientKey);
  expect(await states()).toEqual(['host key ok', 'server ok', 'coordinator ok']);
  await using stranger = await startFakeServer({});
  await writeFile(place.home.key, stranger.clientKey);
  expect(await states()).toEqual(['host key ok', 'server failed']);
  await writeFile(place.home.knownHosts, knownHostsLine(server.destination, stranger.hostKey));
  expect(await states()).toEqual(['host key failed']);
});
