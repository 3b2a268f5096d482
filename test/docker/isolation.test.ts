import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilities } from '../../packages/server/src/container/settings.ts';
import { type Client, dockerOrThrow, type TestContainer, withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';
import { sessionPid } from './sessions.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

/** Their places in a capability mask: capability.h. */
const bits: Readonly<Record<string, number>> = { CHOWN: 0, KILL: 5, SETGID: 6, SETUID: 7, SYS_CHROOT: 18 };
const mask = capabilities.reduce((sum, name) => sum | (1 << (bits[name] ?? 31)), 0);
const hexMask = mask.toString(16).padStart(16, '0');

const ssh =
  'ssh -F none -i /etc/berth/id_ed25519 -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';
/** A session that stays until it is ended, as `source`. */
const staySession = async (client: Client, source: string): Promise<void> => {
  await dockerOrThrow('exec', '--detach', client.name, 'sh', '-c', `sleep 300 | ${ssh} ${source}@nas receive`);
};
describe('with two sources', () => {
  let container: TestContainer;
  let alpha: Client;
  beforeAll(async () => {
    container = await withContainer();
    alpha = await container.client();
    const beta = await container.client();
    for (const [client, name, uid] of [
      [alpha, 'alpha', 31_001],
      [beta, 'beta', 31_002],
    ] as const) {
      await client.script('mkdir /files; echo kept > /files/file');
      await client.enrol(container, name, uid);
    }
    expect(await beta.run('berth', 'backup')).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => container[Symbol.asyncDispose]());

  test('the container has exactly the listed capabilities, a session none, and neither can gain any', async () => {
    await staySession(alpha, 'alpha');
    const status = async (pid: string) => (await container.exec(['cat', `/proc/${pid}/status`])).stdout;
    const whole = await status('1');
    expect(whole).toMatch(new RegExp(`^CapBnd:\\s+${hexMask}$`, 'm'));
    expect(whole).toMatch(new RegExp(`^CapEff:\\s+${hexMask}$`, 'm'));
    const session = await status(await sessionPid(container));
    const { stdout: state } = await container.exec(['cat', '/data/server.json']);
    const child = (name: string) => status(new RegExp(`"${name}Pid": ?(\\d+)`).exec(state)?.[1] ?? '');
    const [coordinator, monitor] = [await child('coordinator'), await child('monitor')];
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
      for (const text of [session, coordinator, monitor]) expect(text).toMatch(new RegExp(`^${set}:\\s+0{16}$`, 'm'));
    }
    for (const text of [coordinator, monitor]) expect(text).toMatch(/^Uid:\s+65531\s+65531\s+65531\s+65531$/m);
    expect(session).toMatch(/^Uid:\s+31001\s+31001\s+31001\s+31001$/m);
    for (const text of [whole, session, coordinator, monitor]) {
      expect(text).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(text).toMatch(/^Seccomp:\s+2$/m);
    }
    const { stdout } = await container.exec(['find', '/', '-xdev', '-type', 'f', '-perm', '/6000']);
    expect(stdout).toBe('');
  });

  test('its root, which may not look into their folders, still tells who is there and when each was last active', async () => {
    const { stdout } = await container.exec(['berth-server', 'sources']);
    const [columns = '', ...rows] = stdout.split('\n').filter((line) => /^(?:SOURCE|alpha|beta) /.test(line));
    expect(columns).toMatch(/ SESSIONS +LAST ACTIVITY$/);
    expect(rows).toEqual([expect.stringMatching(/^alpha .* 1 +\S+$/), expect.stringMatching(/^beta .* 0 +\d\S+$/)]);
    expect((await container.exec(['ls', '/data/sources/beta/journal'])).stderr).toContain('Permission denied');
  });

  test('even its root writes nothing but /data, /config, /run and /tmp', async () => {
    for (const folder of ['/', '/etc', '/opt/berth', '/usr/local/bin', '/root', '/var/tmp']) {
      const { exitCode, stderr } = await container.exec(['touch', `${folder}/probe`]);
      expect([folder, exitCode, stderr]).toEqual([folder, 1, expect.stringContaining('Read-only file system')]);
    }
  });

  test('alpha’s UID alone, without the jail, reads and writes nothing of beta, the server or its processes', async () => {
    const user = '31001:31001';
    const looks = await container.exec(
      [
        'sh',
        '-c',
        'find /data /config /run -mindepth 1 -path /data/sources/alpha -prune -o \\( -writable -o -type f -readable \\) -print',
      ],
      user,
    );
    // What everyone may know: who is there, and public keys. Never what a source sent, a private key or a socket.
    const known =
      /^(\/config\/sources\.yaml|\/data\/(server\.json|server\.lock|sources\.applied\.yaml)|\/run\/berth\/(etc\/(passwd|group)|keys\/(alpha|beta)))$/;
    expect(looks.stdout.split('\n').filter((path) => path !== '' && !known.test(path))).toEqual([]);
    for (const probe of [
      'ls /data/sources/beta/repo',
      'ls /data/sources/beta/journal',
      'cat /config/host-keys/ssh_host_ed25519_key',
      'cat /run/berth/sshd_config',
      'cat /proc/1/environ',
      'ls /proc/1/root/',
      'kill -0 1',
      'echo x >> /data/sources.applied.yaml',
      'echo x > /data/sources/beta/file',
      'echo x > /config/sources.yaml',
      'echo x > /run/berth/keys/alpha',
    ]) {
      const { exitCode } = await container.exec(['sh', '-c', probe], user);
      expect([probe, exitCode === 0]).toEqual([probe, false]);
    }
    // The probe itself is right: its own folder opens.
    expect((await container.exec(['ls', '/data/sources/alpha/repo'], user)).exitCode).toBe(0);
  });

  test.each([
    ['beta’s account', `${ssh} beta@nas receive`],
    ['root', `${ssh} root@nas receive`],
    ['a shell', `${ssh} -tt alpha@nas`],
    ['another command', `${ssh} alpha@nas cat /etc/passwd`],
    ['the server’s own network', `${ssh} -N -o ExitOnForwardFailure=yes -W 127.0.0.1:2222 alpha@nas`],
    ['a way back', `${ssh} -N -o ExitOnForwardFailure=yes -R 9000:127.0.0.1:22 alpha@nas`],
  ])('from its machine, alpha’s key does not open %s', async (_, command) => {
    const { exitCode } = await alpha.run('sh', '-c', `timeout 15 ${command} < /dev/null`);
    expect([0, 124]).not.toContain(exitCode);
  });

  test('one port answers on the network, and no other', async () => {
    const open = await alpha.script(
      'for port in $(seq 1 9999); do (: < /dev/tcp/nas/$port) 2>/dev/null && echo $port; done; true',
    );
    expect(open).toBe('2222');
  });

  // The last one, because sshd takes it for the attack it is and turns its machine away for a while.
  test('ssh-audit finds nothing to warn of', async () => {
    const { exitCode, stdout } = await alpha.run('ssh-audit', '--port', '2222', '--level', 'warn', 'nas');
    expect(stdout).not.toMatch(/\((?:warn|fail)\)|\[(?:warn|fail)\]/);
    expect([exitCode, stdout]).toEqual([0, expect.any(String)]);
  });
});
