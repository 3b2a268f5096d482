import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientKey, Door, SshResult } from './door.ts';
import { eventually } from './receiver.ts';
import { sftp } from './sftp.ts';
import type { TestSources } from './sources-text.ts';
import { filesBelow } from './store-files.ts';

/** A receiver whose SFTP sources are looked at. */
export interface SftpReceiver extends AsyncDisposable {
  readonly door: Door;
  /** The data directory, for the test to look into. */
  readonly dataDir: string;
  /** Where sshd listens, as its own processes name it. */
  readonly innerPort: number;
  readonly start: (sources: TestSources) => Promise<void>;
  /** Puts other sources in the running one's file. */
  readonly change: (sources: TestSources) => Promise<void>;
  /** Runs a command where the server's processes run, as its root; its standard output. */
  readonly run: (command: readonly string[]) => Promise<string>;
  /** What `berth-server status` says, with a name of that source. */
  readonly status: (...source: readonly string[]) => Promise<string>;
}

/** What `access: sftp` promises, with or without a container around it. */
export const sftpSource = (make: () => Promise<SftpReceiver>): void => {
  let receiver: SftpReceiver;
  let door: Door;
  let keys: Readonly<Record<'scanner' | 'camera' | 'laptop' | 'full', ClientKey>>;
  let sources: TestSources;
  const stored = (...path: readonly string[]): string => join(receiver.dataDir, 'sources', ...path);
  const local = (name: string): string => join(door.directory, name);
  const by = (source: keyof typeof keys, ...commands: readonly string[]): Promise<SshResult> =>
    sftp(door, source, keys[source], ...commands);

  beforeAll(async () => {
    receiver = await make();
    ({ door } = receiver);
    const key = (): Promise<ClientKey> => door.makeKey();
    keys = { scanner: await key(), camera: await key(), laptop: await key(), full: await key() };
    sources = {
      scanner: { uid: 4001, keys: [keys.scanner.line], more: { access: 'sftp' } },
      camera: { uid: 4002, keys: [keys.camera.line], more: { access: 'sftp', immutable: 'true' } },
      laptop: { uid: 4003, keys: [keys.laptop.line] },
      full: { uid: 4004, keys: [keys.full.line], more: { access: 'sftp', quota: '4M' } },
    };
    await receiver.start(sources);
    await writeFile(local('a.pdf'), 'a scan');
  });
  afterAll(() => receiver?.[Symbol.asyncDispose]());

  test('puts, lists, gets and removes files in its own folder, as its own UID, which nobody else can read', async () => {
    const made = await by('scanner', 'mkdir in', `put ${local('a.pdf')} in/a.pdf`, 'ls in');
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('a.pdf') });
    expect(await readFile(stored('scanner/sftp/files/in/a.pdf'), 'utf8')).toBe('a scan');
    const { uid, mode } = await lstat(stored('scanner/sftp/files/in/a.pdf'));
    expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: 4001, mode: 0o600 });
    expect(await by('scanner', `get in/a.pdf ${local('back')}`, 'rm in/a.pdf')).toMatchObject({ exitCode: 0 });
    expect(await readFile(local('back'), 'utf8')).toBe('a scan');
    const scp = [...(await door.sshOptions(keys.scanner)), '-P', String(door.port)];
    await execa('scp', ['-s', ...scp, local('a.pdf'), 'scanner@127.0.0.1:by-scp']);
    expect(await readFile(stored('scanner/sftp/files/by-scp'), 'utf8')).toBe('a scan');
  });

  test('gets no shell, no command, no forwarding, and no second program', async () => {
    for (const command of [null, 'id', 'receive', 'control', 'internal-sftp', '/bin/sh', 'scp -t /files'])
      expect([command, await door.ssh('scanner', keys.scanner, command)]).toMatchObject([
        command,
        { exitCode: 1, stdout: 'This service allows sftp connections only.' },
      ]);
    const there = `127.0.0.1:${receiver.innerPort}`;
    const forwarded = await door.ssh('scanner', keys.scanner, null, '-W', there);
    expect(forwarded).toMatchObject({ exitCode: 255, stderr: expect.stringMatching(/forwarding|prohibited/) });
    const words = ['-N', '-R', '0:127.0.0.1:1', '-o', 'ExitOnForwardFailure=yes'];
    expect((await door.ssh('scanner', keys.scanner, null, ...words)).exitCode).toBe(255);
  });

  test('sees nothing but its own folder, whatever it calls it', async () => {
    const top = await by('scanner', 'ls -1a /');
    expect(top.stdout.split('\n').filter((line) => !line.startsWith('sftp>'))).toEqual(['/.', '/..', '/files']);
    const links = ['ln -s / up', 'ln -s /etc/passwd pw', 'ln -s ../../../../camera/sftp/files cam'];
    expect(await by('scanner', ...links)).toMatchObject({ exitCode: 0 });
    const paths = ['/etc/passwd', '../../etc/passwd', 'pw', 'up/etc/passwd', 'cam/x', '/proc/self/environ'];
    for (const command of [
      ...[...paths, '/../../repo'].map((path) => `get ${path} ${local('stolen')}`),
      'ls cam/',
      'ls /config',
      'mkdir /new',
      `put ${local('a.pdf')} /a`,
      'rename /files /f',
      'rmdir /files',
      'chmod 777 /',
    ])
      expect([command, (await by('scanner', command)).exitCode]).toEqual([command, 1]);
    expect(existsSync(local('stolen'))).toBe(false);
  });

  test('is one only by its own account: a restic source gets no SFTP', async () => {
    expect((await by('laptop', 'ls')).exitCode).toBe(255);
    expect((await sftp(door, 'scanner', keys.laptop, 'ls')).exitCode).toBe(255);
  });

  test('holds a restic repository, which is what berth is measured against', async () => {
    await mkdir(local('home'), { recursive: true });
    await writeFile(local('home/file'), 'precious');
    const ssh = ['ssh', ...(await door.sshOptions(keys.scanner)), '-p', String(door.port)];
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
    expect(existsSync(stored('scanner/sftp/files/repo/config'))).toBe(true);
  });

  test('that is immutable finds everything it overwrote or deleted in the trash', async () => {
    const put = await by('camera', 'mkdir day', `put ${local('a.pdf')} day/a`, `put ${local('a.pdf')} day/b`);
    expect(put).toMatchObject({ exitCode: 0 });
    const [now, trash] = [stored('camera/kept/now'), stored('camera/kept/trash')];
    await eventually('both files are kept', 60_000, async () => (await filesBelow(now).catch(() => [])).length === 2);
    await writeFile(local('evil'), 'encrypted');
    const evil = await by('camera', `put ${local('evil')} day/a`, 'rm day/b', 'ls /');
    expect(evil).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('kept') });
    await eventually('both versions are in the trash', 60_000, async () => (await filesBelow(trash)).length === 2);
    const versions = await filesBelow(trash);
    expect(versions.map((name) => name.replace(/^[^/]*\//, '')).toSorted()).toEqual(['day/a', 'day/b']);
    for (const name of versions) expect(await readFile(join(trash, name), 'utf8')).toBe('a scan');
    expect((await lstat(stored('camera/kept'))).mode & 0o7777).toBe(0o700);
    expect((await lstat(join(now, 'day/a'))).uid).toBe(4002);
    expect(await receiver.status('camera')).toMatch(/^last activity +20\d\d-/m);
    // A folder that it closes to everyone takes no copy with it.
    expect((await by('camera', 'chmod 0 day')).exitCode).toBe(0);
    const told = async (): Promise<boolean> => /^unreadable +1 /m.test(await receiver.status('camera'));
    await eventually('status tells of it', 60_000, told);
    expect(await filesBelow(now)).toEqual(['day/a']);
  });

  test('over its quota may only read from then on, until it has room again', async () => {
    await writeFile(local('big'), Buffer.alloc(6 * 1024 ** 2, 1));
    expect(await by('full', `put ${local('big')} big`)).toMatchObject({ exitCode: 0 });
    const refused = async (): Promise<boolean> => (await by('full', `put ${local('a.pdf')} more`)).exitCode === 1;
    await eventually('writing is refused', 60_000, refused);
    expect((await by('full', 'rm big')).exitCode).toBe(1);
    expect((await by('full', `get big ${local('big-back')}`)).exitCode).toBe(0);
    const status = await receiver.status('full');
    expect(status).toMatch(/^READ-ONLY +over its quota: 6(\.\d+)? MiB of 4 MiB are used$/m);
    expect(status).toMatch(/^last activity +20\d\d-/m);
    expect(await receiver.status()).toContain('full is READ-ONLY: over its quota');
    const roomier = { uid: 4004, keys: [keys.full.line], more: { access: 'sftp', quota: '40M' } };
    await receiver.change({ ...sources, full: roomier });
    await eventually('writing is allowed', 60_000, async () => !(await refused()));
  });

  test('is counted as a session without a capability, and ends at once when it is removed or turns to restic', async () => {
    const stay = async (source: 'scanner' | 'camera') => {
      const options = [...(await door.sshOptions(keys[source])), '-p', String(door.port), '-s'];
      const words = [...options, `${source}@127.0.0.1`, 'sftp'];
      const live = execa('ssh', words, { reject: false, stdin: 'pipe', timeout: 60_000 });
      const isCounted = async (): Promise<boolean> => /^sessions +1$/m.test(await receiver.status(source));
      await eventually('it is counted', 15_000, isCounted);
      return { ended: live.then(({ exitCode }) => exitCode) };
    };
    const live = [await stay('scanner'), await stay('camera')];
    const capabilities = "grep -lx 'Uid:.4001.4001.4001.4001' /proc/[0-9]*/status | xargs grep -h CapEff | sort -u";
    expect(await receiver.run(['sh', '-c', capabilities])).toMatch(/^CapEff:\s+0{16}$/);
    const { camera: _removed, ...left } = sources;
    await receiver.change({ ...left, scanner: { uid: 4001, keys: [keys.scanner.line] } });
    const changed = performance.now();
    expect(await Promise.all(live.map(({ ended }) => ended))).toEqual([255, 255]);
    expect(performance.now() - changed).toBeLessThan(5000);
    expect((await by('scanner', 'ls')).exitCode).toBe(255);
    expect((await by('camera', 'ls')).exitCode).toBe(255);
    // A login at the very moment of the last sweep is taken for one from before.
    await eventually('it is let in', 10_000, () => door.letsIn('scanner', keys.scanner));
    expect(existsSync(stored('scanner/sftp/files'))).toBe(true);
  });
};
