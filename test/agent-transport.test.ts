import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { homeOf } from '../packages/agent/src/config/home.ts';
import { ensurePassword } from '../packages/agent/src/enroll/credentials.ts';
import { openRepository } from '../packages/agent/src/transport/repository.ts';
import { openTransport } from '../packages/agent/src/transport/transport.ts';
import { type ClientKey, eventually, repository, type TestReceiver, withReceiver } from './helpers/receiver.ts';

/** A receiver that knows one source, and the home of its agent under a name that shells, ssh and restic all dislike. */
const enrolled = async (receiver: TestReceiver) => {
  const key = await receiver.makeKey();
  await receiver.writeSources({ laptop: { uid: 28_001, keys: [key.line] } });
  await eventually('the source is known', 5_000, () => receiver.letsIn('laptop', key));
  const home = homeOf({ directory: join(receiver.directory, `it's "a" home`), env: {}, uid: 0 });
  await ensurePassword(home.password);
  await useKey(home.key, key);
  await pinHostKey(receiver, home.knownHosts);
  return { home, destination: { host: '127.0.0.1', port: receiver.port, user: receiver.login('laptop') } };
};

const useKey = async (path: string, key: ClientKey): Promise<void> => {
  await cp(key.file, path);
  await writeFile(`${path}.pub`, `${key.line}\n`);
};

const pinHostKey = async (receiver: TestReceiver, knownHosts: string): Promise<void> => {
  const line = await readFile(join(receiver.hostKeys, 'ssh_host_ed25519_key.pub'), 'utf8');
  await writeFile(knownHosts, `[127.0.0.1]:${receiver.port} ${line}`);
};

const logins = (receiver: TestReceiver): number => receiver.log.split('"event":"accepted"').length - 1;

/** Other agents of this machine make such directories too; ours are counted in a place of our own. */
const ourTmpdir = await mkdtemp(join(tmpdir(), 'ours-'));
process.env['TMPDIR'] = ourTmpdir;
afterAll(() => rm(ourTmpdir, { recursive: true }));

/** Directories of connections that live now. */
const leftovers = async (): Promise<readonly string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('berth-ssh-'));

test('all restic commands of a run share one login, and nothing is left behind', async () => {
  await using receiver = await withReceiver();
  const args = await enrolled(receiver);
  const before = logins(receiver);
  {
    await using run = await openRepository(args);
    expect((await run.restic.init()).kind).toBe('ok');
    expect((await run.restic.config()).kind).toBe('ok');
    expect((await run.restic.snapshots({}, {})).kind).toBe('ok');
    expect(await leftovers()).toHaveLength(1);
  }
  await eventually('the log says so', 2_000, async () => logins(receiver) > before);
  expect(logins(receiver) - before).toBe(1);
  expect(await leftovers()).toEqual([]);
});

test('a connection that dies costs the next command a login of its own, not the run', async () => {
  await using receiver = await withReceiver();
  const args = await enrolled(receiver);
  await using run = await openRepository(args);
  expect((await run.restic.init()).kind).toBe('ok');
  const [directory = ''] = await leftovers();
  await execa('ssh', ['-F', join(tmpdir(), directory, 'config'), '-O', 'exit', 'berth']);
  expect((await run.restic.config()).kind).toBe('ok');
});

test('an agent that is killed takes its connection along', async () => {
  await using receiver = await withReceiver();
  const { home, destination } = await enrolled(receiver);
  const script = join(receiver.directory, 'hang.ts');
  const module = join(repository, 'packages/agent/src/transport/transport.ts');
  await writeFile(
    script,
    `import { openTransport } from ${JSON.stringify(module)};
     await openTransport(${JSON.stringify({ destination, home })});
     console.log('open');
     setInterval(() => undefined, 1000);`,
  );
  const agent: ChildProcess = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  using _agent = { [Symbol.dispose]: () => agent.kill('SIGKILL') };
  if (agent.stdout === null) throw new Error('no pipe');
  await once(agent.stdout, 'data');
  expect(await leftovers()).toHaveLength(1);
  const [directory = ''] = await leftovers();
  agent.kill('SIGKILL');
  await eventually('directory and socket are gone', 3_000, async () => (await leftovers()).length === 0);
  expect((await execa('pgrep', ['-f', directory], { reject: false })).stdout).toBe('');
});

test('an ssh that does not react is killed when the run ends', async () => {
  await using receiver = await withReceiver();
  const args = await enrolled(receiver);
  await using transport = await openTransport(args);
  const [directory = ''] = await leftovers();
  const { stdout } = await execa('pgrep', ['-f', `^ssh .*${directory}`]);
  process.kill(Number(stdout), 'SIGSTOP');
  const started = performance.now();
  await transport[Symbol.asyncDispose]();
  expect(performance.now() - started).toBeLessThan(6_000);
  expect((await execa('pgrep', ['-f', directory], { reject: false })).stdout).toBe('');
  expect(await leftovers()).toEqual([]);
});

test('a changed host key stops everything and shows both fingerprints', async () => {
  await using receiver = await withReceiver();
  const args = await enrolled(receiver);
  const fingerprint = async (): Promise<string> => {
    const file = join(receiver.hostKeys, 'ssh_host_ed25519_key.pub');
    return (await execa('ssh-keygen', ['-l', '-f', file])).stdout.split(' ')[1] ?? '';
  };
  const pinned = await fingerprint();
  await receiver.stop();
  await rm(receiver.hostKeys, { recursive: true });
  await mkdir(receiver.hostKeys, { mode: 0o700 });
  await receiver.start();
  const opening = openTransport(args);
  await expect(opening).rejects.toMatchObject({ code: 'host-key-changed' });
  await expect(opening).rejects.toThrow(pinned);
  await expect(opening).rejects.toThrow(await fingerprint());
  expect(await leftovers()).toEqual([]);
});

test('a key the server does not know, and a server that is not there, are told apart', async () => {
  await using receiver = await withReceiver();
  const args = await enrolled(receiver);
  const stranger = await receiver.makeKey();
  await rm(args.home.key);
  await useKey(args.home.key, stranger);
  await expect(openTransport(args)).rejects.toMatchObject({
    code: 'key-refused',
    remedy: expect.stringContaining(stranger.line),
  });
  await receiver.stop();
  await expect(openTransport(args)).rejects.toMatchObject({ code: 'unreachable' });
  expect(await leftovers()).toEqual([]);
});
