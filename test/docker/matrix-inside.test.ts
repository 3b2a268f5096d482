import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coordinatorUid } from '../../packages/server/src/coordinator/paths.ts';
import type { ClientKey } from '../helpers/door.ts';
import { phoneName, phoneSource } from '../helpers/isolation/phone.ts';
import { type Probed, type ProbeTask, parseProbe, probeIn, probeProgram } from '../helpers/probe.ts';
import { type RestClient, randomObject, restClientOf } from '../helpers/rest-client.ts';
import { sourcesText } from '../helpers/sources-text.ts';
import { dockerOrThrow, type TestContainer, withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs, serverImage } from './images.ts';
import { sessionPid } from './sessions.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
  await buildTakenOver();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

const takenOverImage = 'berth-taken-over:test';
const uids = { alpha: 31_001, beta: 31_002 } as const;

/** A test build: the server's image, whose session program does the probe's bidding when it is asked for `probe`. */
const buildTakenOver = async (): Promise<void> => {
  const context = await mkdtemp(join(tmpdir(), 'berth-taken-over-'));
  try {
    await writeFile(join(context, 'probe.cjs'), probeProgram);
    const session = `const { env } = process;
      await import(env.SSH_ORIGINAL_COMMAND === 'probe' ? './probe.cjs' : './real-session.mjs');\n`;
    await writeFile(join(context, 'session.mjs'), session);
    const dockerfile = `FROM ${serverImage}
      RUN mv /opt/berth/session.mjs /opt/berth/real-session.mjs
      COPY session.mjs probe.cjs /opt/berth/\n`;
    await writeFile(join(context, 'Dockerfile'), dockerfile);
    await dockerOrThrow('build', '--tag', takenOverImage, context);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
};

describe('a session that has been taken over, in the container', () => {
  let container: TestContainer;
  let alpha: ClientKey;
  let beta: RestClient;
  /** Whatever there is in the container and is not alpha's, nor needed by every session. */
  let foreign: readonly string[] = [];
  let probed: Probed;

  beforeAll(async () => {
    container = await withContainer({ start: false });
    const { door } = container;
    alpha = await door.makeKey();
    const betaKey = await door.makeKey();
    const sources = { alpha: { uid: uids.alpha, keys: [alpha.line] }, beta: { uid: uids.beta, keys: [betaKey.line] } };
    // A phone too, whose folders are in the container by mounts of their own.
    const gamma = await phoneSource(container);
    await container.writeConfig(sourcesText({ ...sources, ...gamma }));
    expect(await container.up('--image', takenOverImage)).toMatchObject({ exitCode: 0 });
    // Beta has stored something, and its session is still there.
    beta = await restClientOf(door, 'beta', betaKey);
    const { bytes, path } = randomObject(5000);
    for (const [where, body] of [
      ['/config', Buffer.from('beta’s')],
      [path, bytes],
    ] as const)
      expect((await beta.request('POST', where, body)).status).toBe(200);
    await openToAll(container);
    foreign = await foreignPaths(container);
    probed = {
      keyLine: async (source) => (await container.exec(['cat', `/run/berth/keys/${source}`])).stdout,
      run: async (uid, command, input) => {
        const enter = ['exec', '--interactive', '--user', `${uid}:${uid}`, '--workdir', '/', container.name];
        return (await execa('docker', [...enter, ...command], { input, timeout: 100_000 })).stdout;
      },
    };
  });
  afterAll(async () => {
    await beta?.[Symbol.asyncDispose]();
    await container[Symbol.asyncDispose]();
  });

  /** By its own login: sshd runs the words of alpha's key, and the session program is the test's. */
  const byLogin = async (task: ProbeTask): Promise<readonly string[]> => {
    const { door } = container;
    const options = [...(await door.sshOptions(alpha)), '-p', String(door.port)];
    const ssh = ['ssh', ...options, 'alpha@127.0.0.1', 'probe'];
    const [program = '', ...words] = ssh;
    return parseProbe((await execa(program, words, { input: JSON.stringify(task), timeout: 100_000 })).stdout);
  };

  test('by its own login opens, lists, changes and runs nothing that is not its own', async () => {
    for (const path of [
      '/data/sources/beta/repo/open-to-all',
      '/data/sources/beta/repo/config',
      '/config/host-keys/ssh_host_ed25519_key',
      '/proc/1/environ',
      '/run/berth/control/beta/state',
      `/phones/${phoneName}/ingest/photo.jpg`,
      `/phones/${phoneName}/media`,
      '/etc/passwd',
      '/tmp',
    ])
      expect(foreign).toContain(path);
    expect(foreign.length).toBeGreaterThan(1000);
    expect(await byLogin({ paths: foreign, only: null })).toEqual([]);
  });

  test('nor by the jail alone, without Node’s permission model', async () => {
    expect(await probeIn(probed, 'alpha', uids.alpha, 'jail alone', foreign)).toEqual([]);
  });

  test('while without the jail the same program gets as far as UIDs let it', async () => {
    const done = await probeIn(probed, 'alpha', uids.alpha, 'UIDs alone', foreign);
    for (const what of [
      'read /data/sources/beta/repo/open-to-all',
      'list /data/sources/beta/journal',
      'read /run/berth/control/beta/state',
      `read /phones/${phoneName}/ingest/photo.jpg`,
      'read /data/coordinator/state.db',
      'read /etc/passwd',
      'list /tmp',
      'run /bin/sh',
    ])
      expect(done).toContain(what);
    // What UIDs alone keep closed.
    for (const what of [
      'read /config/host-keys/ssh_host_ed25519_key',
      'read /proc/1/environ',
      'read /run/berth/sshd_config',
    ])
      expect(done).not.toContain(what);
  });

  test('has its own five folders, and not the one above them', async () => {
    const own = ['repo', 'trash', 'journal', 'incoming', 'quarantine'].map((name) => `/data/sources/alpha/${name}`);
    const done = await byLogin({
      paths: [...own, '/data/sources/alpha'],
      only: ['list', 'create', 'symlink', 'rename'],
    });
    expect(done).toEqual(own.flatMap((path) => [`list ${path}`, `create ${path}`]));
  });

  test('is what sshd runs in this container: no capability, no new privileges, the engine’s seccomp filter', async () => {
    const bare = await probed.run(uids.alpha, ['cat', '/proc/self/status'], '');
    const session = (await container.exec(['cat', `/proc/${await sessionPid(container, 'beta')}/status`])).stdout;
    const walls = (text: string): readonly string[] =>
      text.split('\n').filter((line) => /^(?:Cap(?:Prm|Eff|Bnd|Amb)|Seccomp|Seccomp_filters):/.test(line));
    expect(walls(bare)).toEqual(walls(session));
    expect(bare).toMatch(/^CapEff:\s+0{16}$/m);
    expect(bare).toMatch(/^Seccomp:\s+2$/m);
  });
});

/** Opens what is beta's, and what is the coordinator's, to every UID: the jail must not need their modes. */
const openToAll = async (container: TestContainer): Promise<void> => {
  const beta = join(container.dataDir, 'sources/beta');
  for (const entry of await readdir(beta, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o777 : 0o666);
  await execa('chmod', ['-R', 'a+rwX', join(container.dataDir, '../nas')]);
  for (const folder of ['repo', 'trash', 'journal', 'incoming', 'quarantine']) {
    await writeFile(join(beta, folder, 'open-to-all'), 'secret');
    await chmod(join(beta, folder, 'open-to-all'), 0o666);
  }
  // As the coordinator: the container's own root may not write what is another's.
  const script =
    'cd /run/berth/control/beta; echo x > state; chmod 755 .; chmod 666 state; chmod -R a+rwX /data/coordinator';
  await dockerOrThrow('exec', '--user', String(coordinatorUid), container.name, 'sh', '-euc', script);
};

/**
 * Everything below `/` as the container's root finds it, with the processes by hand, but what docs/jail.md allows a session. Links are left
 * out, because where they point is in the list; and what the engine has put /dev/null over.
 */
const foreignPaths = async (container: TestContainer): Promise<readonly string[]> => {
  const real = '! -type l ! -samefile /dev/null -print';
  const walk = `find / \\( -path /proc -o -path /sys/kernel -o -path '/sys/*/*/*' \\) -prune -o ${real}
    find /proc -maxdepth 1 ${real}; true`;
  const { stdout: tree } = await container.exec(['sh', '-c', walk]);
  const pids = (await container.exec(['sh', '-c', 'ls /proc | grep -x "[0-9]*"'])).stdout.split('\n');
  const below = ['environ', 'cmdline', 'mem', 'maps', 'root', 'cwd', 'fd', 'ns', 'status', 'root/etc', 'net', 'task'];
  const files = [...below, 'exe', 'fd/0', 'fd/1'].flatMap((name) => pids.map((pid) => join('/proc', pid, name)));
  // Of its own it has the program and what sshd handed over.
  const own = ['self', 'thread-self'].flatMap((self) => below.map((name) => join('/proc', self, name)));
  return [...tree.split('\n'), '/etc/passwd', ...files, ...own].filter((path) => !allowed.test(path));
};

const allowed = new RegExp(
  `^(?:${[
    '/opt/berth(?:/.*)?',
    '/usr/local/bin/node',
    '/dev/null',
    '/usr/lib/[^/]+/(?:ld-linux|libc|libm|libdl|libpthread|libstdc\\+\\+|libgcc_s|libatomic)[-.0-9a-z_]*[.]so[.0-9]*',
    '/data/sources/alpha/(?:repo|trash|journal|incoming|quarantine)(?:/.*)?',
  ].join('|')})$`,
);
