import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inReceiver, probe } from './helpers/probe.ts';
import { type ClientKey, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';
import { type LandlockTools, landlockTools } from './helpers/setpriv.ts';

let tools: LandlockTools;
let keys: readonly [ClientKey, ClientKey];
beforeAll(async () => {
  tools = await landlockTools();
});
afterAll(() => tools[Symbol.asyncDispose]());

const uids = { alpha: 4001, beta: 4002 } as const;

const jailedReceiver = async (mode: 'root' | 'rootless'): Promise<TestReceiver> => {
  const receiver = await withReceiver({ mode, setpriv: tools.folder, start: false });
  keys = [await receiver.makeKey(), await receiver.makeKey()];
  await receiver.writeSources({
    alpha: { uid: uids.alpha, keys: [keys[0].line] },
    beta: { uid: uids.beta, keys: [keys[1].line] },
  });
  await receiver.start();
  return receiver;
};

/** Everything that is not alpha's: another source, made readable for everyone, the server's own, the machine's. */
const foreignPaths = async (receiver: TestReceiver, data: string): Promise<readonly string[]> => {
  const beta = join(data, 'sources/beta');
  for (const folder of ['repo', 'trash', 'journal', 'incoming', 'quarantine']) {
    const path = join(beta, folder);
    await writeFile(join(inReceiver(receiver, path), 'open-to-all'), 'secret', { mode: 0o666 });
    await chmod(join(inReceiver(receiver, path), 'open-to-all'), 0o666);
    await chmod(inReceiver(receiver, path), 0o777);
  }
  const below = await readdir(inReceiver(receiver, beta), { recursive: true });
  const own = [receiver.configFile, receiver.hostKeys, join(receiver.hostKeys, 'ssh_host_ed25519_key')];
  const runtime = [
    '/run/berth',
    '/run/berth/keys',
    '/run/berth/keys/beta',
    '/run/berth/sshd_config',
    '/run/berth/control',
  ];
  const processes = ['1', String(receiver.pid), 'self'].flatMap((pid) =>
    ['environ', 'cmdline', 'mem', 'maps', 'root', 'cwd', 'fd'].map((name) => `/proc/${pid}/${name}`),
  );
  const machine = [
    '/',
    '/etc',
    '/etc/passwd',
    '/etc/shadow',
    '/etc/ssh',
    '/root',
    '/home',
    '/tmp',
    '/var/tmp',
    '/dev/shm',
  ];
  const places = [data, join(data, 'server.json'), join(data, 'server.lock'), join(data, 'sources'), beta];
  const devices = ['/dev', '/dev/random', '/sys', '/proc'];
  return [
    ...below.map((name) => join(beta, name)),
    ...own,
    ...runtime,
    ...processes,
    ...machine,
    ...places,
    ...devices,
  ];
};

describe.each(['root', 'rootless'] as const)('a session in its jail (%s)', (mode) => {
  let receiver: TestReceiver;
  let data = '';
  let paths: readonly string[] = [];
  beforeAll(async () => {
    if (!isRoot || tools.missing !== null) return;
    receiver = await jailedReceiver(mode);
    data = mode === 'root' ? '/run/berth/data' : receiver.dataDir;
    paths = await foreignPaths(receiver, data);
  });
  afterAll(async () => {
    await receiver?.[Symbol.asyncDispose]();
  });
  const needed = (skip: (note: string) => void): void => {
    if (!isRoot) skip('needs root, to be another UID');
    if (tools.missing !== null) skip(tools.missing);
  };

  test.for(['jail and permissions', 'jail alone'] as const)(
    'opens, lists, changes and runs nothing that is not its own, by %s',
    async (walls, { skip }) => {
      needed(skip);
      expect(paths.length).toBeGreaterThan(50);
      expect(await probe(receiver, 'alpha', uids.alpha, walls, paths)).toEqual([]);
    },
  );

  test('is what keeps them closed: without it the same probe gets far', async ({ skip }) => {
    needed(skip);
    const done = await probe(receiver, 'alpha', uids.alpha, 'UIDs alone', paths);
    expect(done).toContain(`read ${data}/sources/beta/repo/open-to-all`);
    expect(done).toContain('read /etc/passwd');
    expect(done).toContain('run /bin/sh');
  });

  test('reads and writes its own five folders, and not the one above them', async ({ skip }) => {
    needed(skip);
    const own = (name: string): string => join(data, 'sources/alpha', name);
    const folders = ['repo', 'trash', 'journal', 'incoming', 'quarantine'].map(own);
    const done = await probe(receiver, 'alpha', uids.alpha, 'jail and permissions', folders);
    for (const folder of folders) expect(done).toEqual(expect.arrayContaining([`list ${folder}`, `create ${folder}`]));
    expect(done.filter((what) => what.startsWith('symlink') || what.startsWith('rename'))).toEqual([]);
    expect(await probe(receiver, 'alpha', uids.alpha, 'jail alone', [own('')])).toEqual([]);
  });

  test('takes, gives and trashes objects as it does outside', async ({ skip }) => {
    needed(skip);
    await using client = await restClientOf(receiver, 'beta', keys[1]);
    const { bytes, path } = randomObject(300_000);
    expect((await client.request('POST', '/?create=true')).status).toBe(200);
    expect((await client.request('POST', path, bytes)).status).toBe(200);
    expect((await client.request('GET', path)).body.equals(bytes)).toBe(true);
    expect((await client.request('DELETE', path)).status).toBe(200);
    expect((await client.request('GET', path)).status).toBe(404);
  });

  test('is named at start, in the log and by status, which counts from inside one', async ({ skip }) => {
    needed(skip);
    expect(receiver.log).toContain('the jail of sessions holds');
    const { stdout } = await receiver.cli('status', '--data', receiver.dataDir);
    expect(stdout).toMatch(/^jail +landlock$/m);
    const { stdout: usage, stderr } = await receiver.cli('status', 'beta', '--data', receiver.dataDir);
    expect(usage + stderr).toMatch(/^live +0 B in 0 objects$/m);
  });
});

describe('without Landlock', () => {
  test('the server says why, at start and in status, and serves with UIDs alone', async ({ skip }) => {
    if (!isRoot) skip('needs root, to stand in for setpriv');
    const folder = await mkdtemp(join(tmpdir(), 'berth-setpriv-'));
    try {
      await mkdir(join(folder, 'real'));
      await chmod(folder, 0o755);
      await writeFile(join(folder, 'setpriv'), oldSetpriv, { mode: 0o755 });
      await using receiver = await withReceiver({ setpriv: folder, start: false });
      const key = await receiver.makeKey();
      await receiver.writeSources({ alpha: { uid: uids.alpha, keys: [key.line] } });
      await receiver.start();
      expect(receiver.log).toContain('no jail: only UIDs keep sessions apart');
      const { stdout } = await receiver.cli('status', '--data', receiver.dataDir);
      expect(stdout).toMatch(/^jail +none, because this system's setpriv does not know Landlock/m);
      await using client = await restClientOf(receiver, 'alpha', key);
      expect((await client.request('POST', '/?create=true')).status).toBe(200);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** setpriv as it was before util-linux 2.41, whatever this machine has; Perl can change UIDs without it. */
const oldSetpriv = `#!/usr/bin/perl
use POSIX ();
my @words;
while (@ARGV && $ARGV[0] =~ /^-/) {
  my $word = shift @ARGV;
  if ($word =~ /^--landlock/) { print STDERR "setpriv: unrecognized option '$word'\\n"; exit 1; }
  if ($word eq '--version') { exit 0; }
  if ($word eq '--pdeathsig') { shift @ARGV; }
  push @words, $word;
}
for (@words) { if (/^--regid=(\\d+)/) { $) = "$1 $1"; POSIX::setgid($1); } }
for (@words) { if (/^--reuid=(\\d+)/) { POSIX::setuid($1); } }
exec @ARGV or exit 127;
`;
