import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilities } from '../packages/server/src/container/settings.ts';
import { requirePrograms } from '../scripts/docker/programs.ts';
import { type BootedHost, bootHost } from './helpers/booted-host.ts';
import { type ClientKey, eventually, isRoot, repository, withReceiver } from './helpers/receiver.ts';
import { RestClient, randomObject } from './helpers/rest-client.ts';

const unit = join(repository, 'packaging/systemd/berth-server.service');

test('systemd-analyze security gives the unit 3.0 or better, and the figure in the docs', async () => {
  await requirePrograms({ 'systemd-analyze': 'systemd' });
  const words = ['security', '--offline=yes', '--no-pager', '--threshold=30', unit];
  const { exitCode, stdout } = await execa('systemd-analyze', words, { reject: false });
  const exposure = /Overall exposure level for berth-server\.service: ([\d.]+)/.exec(stdout)?.[1];
  expect({ exitCode, exposure: Number(exposure) <= 3 }).toEqual({ exitCode: 0, exposure: true });
  const release = /^systemd (\d+)/.exec((await execa('systemd-analyze', ['--version'])).stdout)?.[1];
  const docs = await readFile(join(repository, 'docs/install-on-the-host.md'), 'utf8');
  const measured = /`systemd-analyze security` of systemd (\d+): \*\*([\d.]+)\*\*/.exec(docs);
  // Every release weighs a little differently.
  if (measured?.[1] === release) expect(measured?.[2]).toBe(exposure);
  else expect(Number(measured?.[2])).toBeLessThanOrEqual(3);
});

/** Their places in a capability mask: capability.h. */
const bits: Readonly<Record<string, number>> = { CHOWN: 0, KILL: 5, SETGID: 6, SETUID: 7, SYS_CHROOT: 18 };
const mask = capabilities.reduce((sum, name) => sum | (1 << (bits[name] ?? 31)), 0);

describe.runIf(isRoot)('a host where systemd runs the receiver (needs root)', () => {
  let host: BootedHost;
  let keys: {
    readonly folder: Awaited<ReturnType<typeof withReceiver>>;
    readonly laptop: ClientKey;
    readonly scanner: ClientKey;
  };
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
  const ssh = (program: 'ssh' | 'sftp', key: ClientKey): readonly string[] => [
    program,
    ...['-F', 'none', '-i', key.file, program === 'ssh' ? '-p' : '-P', String(host.port), '-o', 'LogLevel=ERROR'],
    ...options.flatMap((option) => ['-o', option]),
  ];
  const laptop = (port: number): string =>
    `server: { port: ${port} }\nsources:\n  laptop: { uid: 31001, key: '${keys.laptop.line}' }\n`;
  const both = (port: number): string =>
    `${laptop(port)}  scanner: { uid: 31002, key: '${keys.scanner.line}', access: sftp }\n`;
  const sessions = async (): Promise<readonly string[]> =>
    (await host.run('pgrep', '--full', 'session\\.mjs')).stdout.split('\n').filter((pid) => pid !== '');

  beforeAll(async () => {
    const folder = await withReceiver({ start: false });
    keys = { folder, laptop: await folder.makeKey(), scanner: await folder.makeKey() };
    host = await bootHost(both);
  }, 120_000);
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await keys.folder[Symbol.asyncDispose]();
  });

  test('the unit is one that systemd has nothing to say about', async () => {
    const { exitCode, stdout, stderr } = await host.run('systemd-analyze', 'verify', 'berth-server.service');
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('it has the capabilities of the container and no more, a session none, and neither can gain any', async () => {
    const hex = mask.toString(16).padStart(16, '0');
    await using client = new RestClient([...ssh('ssh', keys.laptop), 'laptop@127.0.0.1', 'receive']);
    expect((await client.request('POST', '/?create=true')).status).toBe(200);
    const status = async (pid: string) => (await host.run('cat', `/proc/${pid}/status`)).stdout;
    const whole = await status(String(await host.mainPid()));
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(whole).toMatch(new RegExp(`^${set}:\\s+${hex}$`, 'm'));
    const [pid = ''] = await sessions();
    const session = await status(pid);
    const coordinator = await status((await host.run('pgrep', '--full', 'coordinator\\.mjs')).stdout.trim());
    const monitor = await status((await host.run('pgrep', '--full', 'monitor\\.mjs')).stdout.trim());
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
      for (const text of [session, coordinator, monitor]) expect(text).toMatch(new RegExp(`^${set}:\\s+0{16}$`, 'm'));
    }
    expect(session).toMatch(/^Uid:\s+31001\s+31001\s+31001\s+31001$/m);
    expect(coordinator).toMatch(/^Uid:\s+65531\s+65531\s+65531\s+65531$/m);
    for (const text of [whole, session, coordinator, monitor]) {
      expect(text).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(text).toMatch(/^Seccomp:\s+2$/m);
    }
  });

  test('it serves in the container’s mode, and its sessions are under Landlock', async ({ skip }) => {
    const log = await host.log();
    expect(log).toContain("accounts live in the container's /run");
    if (!log.includes('"no jail')) expect(log).toContain('jail: landlock');
    else skip(/"reason":"([^"]+)"/.exec(log)?.[1]);
  });

  test('it takes, keeps and gives what a machine sends, restic’s way and by SFTP', async () => {
    const { path, bytes } = randomObject(300_000);
    {
      await using client = new RestClient([...ssh('ssh', keys.laptop), 'laptop@127.0.0.1', 'receive']);
      expect((await client.request('POST', path, bytes)).status).toBe(200);
      expect((await client.request('GET', path)).body.equals(bytes)).toBe(true);
    }
    const batch = `put ${keys.scanner.file}.pub scan\nls\n`;
    const words = [...ssh('sftp', keys.scanner), '-b', '-', 'scanner@127.0.0.1'];
    const { stdout } = await execa(words[0] ?? '', words.slice(1), { input: batch, timeout: 20_000 });
    expect(stdout).toContain('scan');
    const usage = await host.run('/usr/local/bin/berth-server', 'status', 'laptop', '--data', '/srv/berth');
    expect(usage.stderr).toBe('');
    expect(usage.stdout).toMatch(/31001/);
  });

  test('it sees of the host its programs, its configuration and the backups, and writes only the backups', async () => {
    const list = async (folder: string) => (await host.inService('ls', folder)).stdout.split('\n').sort();
    expect(await list('/')).toEqual(
      expect.arrayContaining(['bin', 'dev', 'etc', 'lib', 'proc', 'run', 'srv', 'sys', 'tmp', 'usr']),
    );
    for (const folder of ['home', 'root', 'boot', 'opt', 'mnt', 'media']) expect(await list('/')).not.toContain(folder);
    // The last ones are for finding hosts by their names, as far as this machine has them.
    const names = ['gai.conf', 'host.conf', 'hosts', 'nsswitch.conf', 'resolv.conf', 'ssl'];
    const own = ['berth', 'group', 'ld.so.cache', 'localtime', 'passwd'];
    expect(await list('/etc')).toEqual([...own, ...names.filter((name) => existsSync(`/etc/${name}`))].sort());
    if (existsSync('/etc/ssl')) expect(await list('/etc/ssl')).toEqual(['certs']);
    // The host's own PID 1 shows no way round it, since nothing in here may trace another process.
    const pid = String(await host.mainPid());
    const asService = ['--bounding-set', `-all,+${capabilities.map((name) => name.toLowerCase()).join(',+')}`];
    const probe = (command: string) =>
      host.run('nsenter', '--target', pid, '--mount', 'setpriv', ...asService, 'sh', '-c', command);
    for (const path of ['/', '/usr', '/usr/local/lib/berth', '/etc/berth', '/sys', '/proc/sys', '/dev/mem']) {
      expect([path, (await probe(`touch ${path}/probe`)).exitCode]).not.toEqual([path, 0]);
    }
    expect((await probe('ls /proc/1/root/')).exitCode).not.toBe(0);
    expect((await probe('mount -t tmpfs none /tmp')).exitCode).not.toBe(0);
    expect((await probe('touch /srv/berth/probe && rm /srv/berth/probe')).exitCode).toBe(0);
  });

  test('a machine taken out of sources.yaml is out within 5 s of being noticed', async () => {
    await using client = new RestClient([...ssh('ssh', keys.laptop), 'laptop@127.0.0.1', 'receive']);
    expect((await client.request('GET', '/data/')).status).toBe(200);
    await host.writeSources(`server: { port: ${host.port} }\nsources: {}\n`);
    await eventually('its session has ended', 7000, async () => (await sessions()).length === 0);
    await host.writeSources(both(host.port));
    await eventually('it is let in again', 5000, async () => {
      const [program = '', ...words] = [...ssh('ssh', keys.laptop), 'laptop@127.0.0.1', 'control'];
      return (await execa(program, words, { reject: false, stdin: 'ignore', timeout: 10_000 })).exitCode === 0;
    });
  });

  test('restarted it is the same one; stopped, nothing of it runs', async () => {
    const keyFile = host.path('etc/berth/host-keys/ssh_host_ed25519_key.pub');
    const before = await readFile(keyFile, 'utf8');
    const first = await host.mainPid();
    expect(await host.run('systemctl', 'restart', 'berth-server')).toMatchObject({ exitCode: 0 });
    expect(await host.mainPid()).not.toBe(first);
    await eventually('it serves again', 60_000, async () => {
      const { stdout } = await host.run('/usr/local/bin/berth-server', 'status');
      return (
        /laptop/.test(stdout) &&
        (await execa('ssh-keyscan', ['-p', String(host.port), '127.0.0.1'], { reject: false })).stdout !== ''
      );
    });
    expect(await readFile(keyFile, 'utf8')).toBe(before);
    await using client = new RestClient([...ssh('ssh', keys.laptop), 'laptop@127.0.0.1', 'receive']);
    expect(JSON.parse((await client.request('GET', '/data/')).body.toString())).toHaveLength(1);
    const started = performance.now();
    expect(await host.run('systemctl', 'stop', 'berth-server')).toMatchObject({ exitCode: 0 });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(
      (await host.run('pgrep', '--full', 'sshd|berth-server\\.mjs|session\\.mjs|coordinator\\.mjs|monitor\\.mjs'))
        .stdout,
    ).toBe('');
    const { stdout } = await host.run('systemctl', 'show', '--property', 'Result', '--value', 'berth-server');
    expect(stdout).toBe('success');
  });
});
