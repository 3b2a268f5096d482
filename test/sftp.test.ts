import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ClientKey,
  eventually,
  isRoot,
  type TestReceiver,
  type TestSources,
  withReceiver,
} from './helpers/receiver.ts';
import { type LandlockTools, landlockTools } from './helpers/setpriv.ts';
import { sftp } from './helpers/sftp.ts';
import { filesBelow } from './helpers/store-files.ts';

const needRoot = (skip: (note: string) => void): void => {
  if (!isRoot) skip('needs root: sshd confines a login to a folder only as root');
};

describe('an SFTP source', () => {
  let tools: LandlockTools;
  let receiver: TestReceiver;
  let keys: Readonly<Record<'scanner' | 'camera' | 'laptop' | 'full', ClientKey>>;
  let sources: TestSources;
  const stored = (source: string, ...path: readonly string[]): string =>
    join(receiver.dataDir, 'sources', source, ...path);
  const local = (name: string): string => join(receiver.directory, name);

  beforeAll(async () => {
    tools = await landlockTools();
    if (!isRoot) return;
    receiver = await withReceiver({ start: false, setpriv: tools.folder });
    const key = (): Promise<ClientKey> => receiver.makeKey();
    keys = { scanner: await key(), camera: await key(), laptop: await key(), full: await key() };
    sources = {
      scanner: { uid: 4001, keys: [keys.scanner.line], more: { access: 'sftp' } },
      camera: { uid: 4002, keys: [keys.camera.line], more: { access: 'sftp', immutable: 'true' } },
      laptop: { uid: 4003, keys: [keys.laptop.line] },
      full: { uid: 4004, keys: [keys.full.line], more: { access: 'sftp', quota: '4M' } },
    };
    await receiver.writeSources(sources);
    await receiver.start();
    await writeFile(local('a.pdf'), 'a scan');
  });
  afterAll(async () => {
    await receiver?.[Symbol.asyncDispose]();
    await tools[Symbol.asyncDispose]();
  });

  test('puts, lists, gets and removes files in its own folder, which nobody else can read', async ({ skip }) => {
    needRoot(skip);
    const made = await sftp(receiver, 'scanner', keys.scanner, 'mkdir in', `put ${local('a.pdf')} in/a.pdf`, 'ls in');
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stdout).toContain('a.pdf');
    expect(await readFile(stored('scanner', 'sftp/files/in/a.pdf'), 'utf8')).toBe('a scan');
    const { uid, mode } = await lstat(stored('scanner', 'sftp/files/in/a.pdf'));
    expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: 4001, mode: 0o600 });
    expect(
      (await sftp(receiver, 'scanner', keys.scanner, `get in/a.pdf ${local('back')}`, 'rm in/a.pdf')).exitCode,
    ).toBe(0);
    expect(await readFile(local('back'), 'utf8')).toBe('a scan');
    const scp = [...(await receiver.sshOptions(keys.scanner)), '-P', String(receiver.port)];
    await execa('scp', ['-s', ...scp, local('a.pdf'), 'scanner@127.0.0.1:by-scp']);
    expect(await readFile(stored('scanner', 'sftp/files/by-scp'), 'utf8')).toBe('a scan');
  });

  test('gets no shell, no command, no forwarding, and no second program', async ({ skip }) => {
    needRoot(skip);
    for (const command of [null, 'id', 'receive', 'control', 'internal-sftp', '/bin/sh', 'scp -t /files']) {
      const answer = await receiver.ssh('scanner', keys.scanner, command);
      expect(answer.exitCode, String(command)).toBe(1);
      expect(answer.stdout).toBe('This service allows sftp connections only.\n'.trim());
    }
    const forwarded = await receiver.ssh('scanner', keys.scanner, null, '-W', `127.0.0.1:${receiver.port}`);
    expect(forwarded.exitCode).toBe(255);
    expect(forwarded.stderr).toMatch(/forwarding|prohibited/);
    const listening = await receiver.ssh(
      'scanner',
      keys.scanner,
      null,
      '-N',
      '-R',
      '0:127.0.0.1:1',
      '-o',
      'ExitOnForwardFailure=yes',
    );
    expect(listening.exitCode).toBe(255);
  });

  test('sees nothing but its own folder, whatever it calls it', async ({ skip }) => {
    needRoot(skip);
    const top = await sftp(receiver, 'scanner', keys.scanner, 'ls -1a /');
    expect(top.stdout.split('\n').filter((line) => !line.startsWith('sftp>'))).toEqual(['/.', '/..', '/files']);
    const links = [`ln -s / up`, `ln -s /etc/passwd pw`, 'ln -s ../../../../camera/sftp/files cam'];
    expect((await sftp(receiver, 'scanner', keys.scanner, ...links)).exitCode).toBe(0);
    for (const path of [
      '/etc/passwd',
      '../../etc/passwd',
      'pw',
      'up/etc/passwd',
      'cam/x',
      '/proc/self/environ',
      '/../../repo',
    ]) {
      expect((await sftp(receiver, 'scanner', keys.scanner, `get ${path} ${local('stolen')}`)).exitCode, path).toBe(1);
    }
    for (const command of [
      'mkdir /new',
      `put ${local('a.pdf')} /a`,
      'rename /files /f',
      'rmdir /files',
      'chmod 777 /',
    ]) {
      expect((await sftp(receiver, 'scanner', keys.scanner, command)).exitCode, command).toBe(1);
    }
    expect(existsSync(local('stolen'))).toBe(false);
  });

  test('is one only by its own account: a restic source gets no SFTP', async ({ skip }) => {
    needRoot(skip);
    const answer = await sftp(receiver, 'laptop', keys.laptop, 'ls');
    expect(answer.exitCode).toBe(255);
    expect((await sftp(receiver, 'scanner', keys.laptop, 'ls')).exitCode).toBe(255);
  });

  test('holds a restic repository, which is what berth is measured against', async ({ skip }) => {
    needRoot(skip);
    await mkdir(local('home'), { recursive: true });
    await writeFile(local('home/file'), 'precious');
    const ssh = ['ssh', ...(await receiver.sshOptions(keys.scanner)), '-p', String(receiver.port)];
    const command = `sftp.command=${ssh.join(' ')} scanner@127.0.0.1 -s sftp`;
    const restic = (...words: readonly string[]) =>
      execa('restic', ['-q', '--no-cache', '-o', command, '-r', 'sftp:scanner@127.0.0.1:repo', ...words], {
        env: { RESTIC_PASSWORD: 'x' },
        timeout: 60_000,
      });
    await restic('init');
    await restic('backup', local('home'));
    await restic('check', '--read-data');
    await restic('forget', '--keep-last', '1', '--prune');
    expect(existsSync(stored('scanner', 'sftp/files/repo/config'))).toBe(true);
  });

  test('that is immutable finds everything it overwrote or deleted in the trash', async ({ skip }) => {
    needRoot(skip);
    await writeFile(local('evil'), 'encrypted');
    const put = await sftp(
      receiver,
      'camera',
      keys.camera,
      'mkdir day',
      `put ${local('a.pdf')} day/a`,
      `put ${local('a.pdf')} day/b`,
    );
    expect(put.exitCode).toBe(0);
    const now = stored('camera', 'kept/now');
    await eventually('both files are kept', 45_000, async () => (await filesBelow(now).catch(() => [])).length === 2);
    const evil = await sftp(receiver, 'camera', keys.camera, `put ${local('evil')} day/a`, 'rm day/b', 'ls /');
    expect(evil.exitCode).toBe(0);
    expect(evil.stdout).not.toContain('kept');
    const trash = stored('camera', 'kept/trash');
    await eventually('both versions are in the trash', 45_000, async () => (await filesBelow(trash)).length === 2);
    const versions = await filesBelow(trash);
    expect(versions.map((name) => name.replace(/^[^/]*\//, '')).toSorted()).toEqual(['day/a', 'day/b']);
    for (const name of versions) expect(await readFile(join(trash, name), 'utf8')).toBe('a scan');
    expect((await lstat(stored('camera', 'kept'))).mode & 0o7777).toBe(0o700);
    // A folder that it closes to everyone takes no copy with it.
    expect((await sftp(receiver, 'camera', keys.camera, 'chmod 0 day')).exitCode).toBe(0);
    const told = async (): Promise<boolean> =>
      /^unreadable +1 /m.test((await receiver.cli('status', 'camera', '--data', receiver.dataDir)).stdout);
    await eventually('status tells of it', 30_000, told);
    expect(await filesBelow(now)).toEqual(['day/a']);
  });

  test('over its quota may only read from then on, until it has room again', async ({ skip }) => {
    needRoot(skip);
    await writeFile(local('big'), Buffer.alloc(6 * 1024 ** 2, 1));
    expect((await sftp(receiver, 'full', keys.full, `put ${local('big')} big`)).exitCode).toBe(0);
    const refused = async (): Promise<boolean> =>
      (await sftp(receiver, 'full', keys.full, `put ${local('a.pdf')} more`)).exitCode === 1;
    await eventually('writing is refused', 30_000, refused);
    expect((await sftp(receiver, 'full', keys.full, 'rm big')).exitCode).toBe(1);
    expect((await sftp(receiver, 'full', keys.full, `get big ${local('big-back')}`)).exitCode).toBe(0);
    const { stdout } = await receiver.cli('status', 'full', '--data', receiver.dataDir);
    expect(stdout).toMatch(/^READ-ONLY +over its quota: 6(\.\d+)? MiB of 4 MiB are used$/m);
    expect(stdout).toMatch(/^last activity +20\d\d-/m);
    const whole = await receiver.cli('status', '--data', receiver.dataDir);
    expect(whole.stdout).toContain('full is READ-ONLY: over its quota');
    await receiver.writeSources({
      ...sources,
      full: { uid: 4004, keys: [keys.full.line], more: { access: 'sftp', quota: '40M' } },
    });
    await eventually('writing is allowed', 30_000, async () => !(await refused()));
  });

  test('is counted as a session, and ends at once when it is removed or turns to restic', async ({ skip }) => {
    needRoot(skip);
    const options = [...(await receiver.sshOptions(keys.scanner)), '-p', String(receiver.port), '-s'];
    const live = execa('ssh', [...options, 'scanner@127.0.0.1', 'sftp'], {
      reject: false,
      stdin: 'pipe',
      timeout: 60_000,
    });
    const sessions = async (): Promise<string> =>
      (await receiver.cli('status', 'scanner', '--data', receiver.dataDir)).stdout;
    await eventually('it is counted', 10_000, async () => /^sessions +1$/m.test(await sessions()));
    await receiver.writeSources({ ...sources, scanner: { uid: 4001, keys: [keys.scanner.line] } });
    const changed = performance.now();
    expect((await live).exitCode).toBe(255);
    expect(performance.now() - changed).toBeLessThan(5000);
    expect((await sftp(receiver, 'scanner', keys.scanner, 'ls')).exitCode).toBe(255);
    expect(await receiver.letsIn('scanner', keys.scanner)).toBe(true);
    expect(existsSync(stored('scanner', 'sftp/files'))).toBe(true);
  });
});

test('a server without root refuses SFTP sources, and says what to do', async () => {
  await using receiver = await withReceiver({ mode: 'rootless', start: false });
  const key = await receiver.makeKey();
  await receiver.writeSources({ scanner: { uid: 4001, keys: [key.line], more: { access: 'sftp' } } });
  await expect(receiver.start()).rejects.toThrow('without root can not confine');
});
