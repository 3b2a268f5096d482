import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientKey, SshResult } from '../helpers/door.ts';
import { eventually } from '../helpers/receiver.ts';
import { sftp } from '../helpers/sftp.ts';
import { sourcesText, type TestSources } from '../helpers/sources-text.ts';
import { filesBelow } from '../helpers/store-files.ts';
import { type TestContainer, withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

/** What test/sftp.test.ts shows of a receiver, as far as the container could take it away: with its five capabilities and its own root. */
describe('an SFTP source of the container', () => {
  let container: TestContainer;
  let keys: Readonly<Record<'scanner' | 'camera' | 'laptop' | 'full', ClientKey>>;
  let sources: TestSources;
  const local = (name: string): string => join(container.door.directory, name);
  const stored = (...path: readonly string[]): string => join(container.dataDir, 'sources', ...path);
  const by = (source: keyof typeof keys, ...commands: readonly string[]): Promise<SshResult> =>
    sftp(container.door, source, keys[source], ...commands);
  const status = async (...source: readonly string[]): Promise<string> =>
    (await container.exec(['berth-server', 'status', ...source])).stdout;

  beforeAll(async () => {
    container = await withContainer({ start: false });
    const { door } = container;
    keys = {
      scanner: await door.makeKey(),
      camera: await door.makeKey(),
      laptop: await door.makeKey(),
      full: await door.makeKey(),
    };
    sources = {
      scanner: { uid: 4001, keys: [keys.scanner.line], more: { access: 'sftp' } },
      camera: { uid: 4002, keys: [keys.camera.line], more: { access: 'sftp', immutable: 'true' } },
      laptop: { uid: 4003, keys: [keys.laptop.line] },
      full: { uid: 4004, keys: [keys.full.line], more: { access: 'sftp', quota: '4M' } },
    };
    await container.writeConfig(sourcesText(sources));
    expect(await container.up()).toMatchObject({ exitCode: 0 });
    await writeFile(local('a.pdf'), 'a scan');
  });
  afterAll(() => container[Symbol.asyncDispose]());

  test('puts, lists, gets and removes files in its own folder, as its own UID', async () => {
    const made = await by('scanner', 'mkdir in', `put ${local('a.pdf')} in/a.pdf`, 'ls in');
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('a.pdf') });
    const { uid, mode } = await lstat(stored('scanner/sftp/files/in/a.pdf'));
    expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: 4001, mode: 0o600 });
    expect(await by('scanner', `get in/a.pdf ${local('back')}`, 'rm in/a.pdf')).toMatchObject({ exitCode: 0 });
    expect(await readFile(local('back'), 'utf8')).toBe('a scan');
  });

  test('has its folder for a root and no way out of it', async () => {
    const top = await by('scanner', 'ls -1a /');
    expect(top.stdout.split('\n').filter((line) => !line.startsWith('sftp>'))).toEqual(['/.', '/..', '/files']);
    expect(await by('scanner', 'ln -s / up', 'ln -s ../../../../camera/sftp/files cam')).toMatchObject({ exitCode: 0 });
    for (const command of [
      `get /etc/passwd ${local('stolen')}`,
      `get up/etc/passwd ${local('stolen')}`,
      `get /proc/self/environ ${local('stolen')}`,
      'ls cam/',
      'ls /config',
      'mkdir /new',
      `put ${local('a.pdf')} /a`,
      'rename /files /f',
      'chmod 777 /',
    ])
      expect([command, (await by('scanner', command)).exitCode]).toEqual([command, 1]);
  });

  test('gets no shell, no command and no forwarding', async () => {
    for (const command of [null, 'id', 'receive', 'control', 'internal-sftp', '/bin/sh', 'scp -t /files'])
      expect([command, await container.door.ssh('scanner', keys.scanner, command)]).toMatchObject([
        command,
        { exitCode: 1, stdout: 'This service allows sftp connections only.' },
      ]);
    const words = ['-W', '127.0.0.1:2222'];
    const forwarded = await container.door.ssh('scanner', keys.scanner, null, ...words);
    expect(forwarded).toMatchObject({ exitCode: 255, stderr: expect.stringMatching(/forwarding|prohibited/) });
  });

  test('is one only by its own account', async () => {
    expect((await by('laptop', 'ls')).exitCode).toBe(255);
    expect((await sftp(container.door, 'scanner', keys.laptop, 'ls')).exitCode).toBe(255);
  });

  test('that is immutable finds in the trash what it overwrote or deleted: passes run as its UID', async () => {
    const put = await by('camera', 'mkdir day', `put ${local('a.pdf')} day/a`, `put ${local('a.pdf')} day/b`);
    expect(put).toMatchObject({ exitCode: 0 });
    const [now, trash] = [stored('camera/kept/now'), stored('camera/kept/trash')];
    await eventually('both files are kept', 60_000, async () => (await filesBelow(now).catch(() => [])).length === 2);
    await writeFile(local('evil'), 'encrypted');
    expect(await by('camera', `put ${local('evil')} day/a`, 'rm day/b')).toMatchObject({ exitCode: 0 });
    await eventually('both versions are in the trash', 60_000, async () => (await filesBelow(trash)).length === 2);
    for (const name of await filesBelow(trash)) expect(await readFile(join(trash, name), 'utf8')).toBe('a scan');
    expect((await lstat(join(now, 'day/a'))).uid).toBe(4002);
    expect(await status('camera')).toMatch(/^last activity +20\d\d-/m);
  });

  test('over its quota may only read from then on', async () => {
    await writeFile(local('big'), Buffer.alloc(6 * 1024 ** 2, 1));
    expect(await by('full', `put ${local('big')} big`)).toMatchObject({ exitCode: 0 });
    const refused = async (): Promise<boolean> => (await by('full', `put ${local('a.pdf')} more`)).exitCode === 1;
    await eventually('writing is refused', 40_000, refused);
    expect(await status()).toContain('full is READ-ONLY: over its quota');
  });

  test('holds a restic repository', async () => {
    await mkdir(local('home'), { recursive: true });
    await writeFile(local('home/file'), 'precious');
    const { door } = container;
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
  });

  test('is counted as a session, and ends at once when its key is taken away', async () => {
    const { door } = container;
    const options = [...(await door.sshOptions(keys.scanner)), '-p', String(door.port), '-s'];
    const words = [...options, 'scanner@127.0.0.1', 'sftp'];
    const live = execa('ssh', words, { reject: false, stdin: 'pipe', timeout: 60_000 });
    await eventually('it is counted', 15_000, async () => /^sessions +1$/m.test(await status('scanner')));
    const caps = "grep -lx 'Uid:.4001.4001.4001.4001' /proc/[0-9]*/status | xargs grep -h CapEff | sort -u";
    expect((await container.exec(['sh', '-c', caps])).stdout).toMatch(/^CapEff:\s+0{16}$/);
    const { scanner: _removed, ...left } = sources;
    await container.writeConfig(sourcesText(left));
    const changed = performance.now();
    expect((await live).exitCode).toBe(255);
    expect(performance.now() - changed).toBeLessThan(5000);
    expect((await by('scanner', 'ls')).exitCode).toBe(255);
  });
});
