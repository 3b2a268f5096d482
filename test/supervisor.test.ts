import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, lstat, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { snapshot } from '../packages/server/src/sshd/processes.ts';
import { publicKeyLine } from './helpers/keys.ts';
import {
  type ClientKey,
  eventually,
  isRoot,
  type TestReceiver,
  type TestSources,
  withReceiver,
} from './helpers/receiver.ts';

/** What the host shows of a receiver: accounts, /run, mounts. */
const hostTraces = async (): Promise<string> => {
  const parts = [await readFile('/etc/passwd', 'utf8'), await readFile('/etc/group', 'utf8')];
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => /berth/.test(line));
  const run = (await readdir('/run')).filter((name) => /berth|sshd/.test(name));
  return createHash('sha256')
    .update([...parts, ...mounts, ...run].join('\0'))
    .digest('hex');
};

const mountNamespaceOf = async (receiver: TestReceiver): Promise<string> => {
  const state: unknown = JSON.parse(await readFile(join(receiver.dataDir, 'server.json'), 'utf8'));
  return typeof state === 'object' && state !== null && 'mountNamespace' in state ? String(state.mountNamespace) : '';
};

/** A client that logs in and stays, with a session in it or idle. */
const stay = async (receiver: TestReceiver, source: string, key: ClientKey, command: string | null) => {
  const args = [...(await receiver.sshOptions(key)), '-p', String(receiver.port), '-v'];
  const target = `${receiver.login(source)}@127.0.0.1`;
  const child = spawn('ssh', [...args, ...(command === null ? ['-N', target] : [target, command])], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdout.resume();
  const marker = command === null ? 'Entering interactive session' : 'Sending command';
  await eventually('the client is in', 5000, async () => said.includes(marker));
  // The forced command has to come up before /proc can show it.
  await sleep(700);
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  return { isAlive, [Symbol.dispose]: () => child.kill() };
};

describe.runIf(isRoot)('a receiver with a UID per source (needs root)', () => {
  test('lets in who holds the key, for its own command and nothing else', async () => {
    await using receiver = await withReceiver();
    const [key, strange] = [await receiver.makeKey(), await receiver.makeKey()];
    await receiver.writeSources({
      HOSTNAME: { uid: 100, keys: [key.line] },
      other: { uid: 4321, keys: [(await receiver.makeKey()).line] },
    });
    await eventually('the source is let in', 15_000, () => receiver.letsIn('HOSTNAME', key));

    expect(await receiver.letsIn('HOSTNAME', strange)).toBe(false);
    expect(await receiver.letsIn('other', key)).toBe(false);
    for (const account of ['root', 'sshd', 'nobody', 'daemon']) expect(await receiver.letsIn(account, key)).toBe(false);
    // A shell, a command, more than the one command.
    for (const command of [null, 'id; cat /etc/passwd', 'receive; id', 'scp -t /']) {
      const { exitCode, stdout, stderr } = await receiver.ssh('HOSTNAME', key, command);
      expect.soft({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect.soft(stderr).toContain('can back up and restore here and nothing else');
    }
    const terminal = await receiver.ssh('HOSTNAME', key, 'control', '-tt');
    expect(terminal.stderr).toContain('PTY allocation request failed');
    const sftp = await receiver.ssh('HOSTNAME', key, 'sftp', '-s');
    // sshd knows the subsystem, for `access: sftp`; this source's key still runs its one command, which says no. (What a
    // subsystem writes to stderr sshd drops.)
    expect({ exitCode: sftp.exitCode, stdout: sftp.stdout }).toEqual({ exitCode: 2, stdout: '' });
    const tunnel = await receiver.ssh(
      'HOSTNAME',
      key,
      null,
      '-N',
      '-o',
      'ExitOnForwardFailure=yes',
      '-R',
      '0:127.0.0.1:1',
    );
    expect(tunnel.stderr).toContain('remote port forwarding failed');
    const direct = await receiver.ssh('HOSTNAME', key, null, '-W', `127.0.0.1:${receiver.port}`);
    expect(direct.stderr).toContain('administratively prohibited');
  });

  test('takes up a new source and a new key within 2 s, and ends what lost its right within 5 s', async () => {
    await using receiver = await withReceiver();
    const [kept, old, next, gone] = [
      await receiver.makeKey(),
      await receiver.makeKey(),
      await receiver.makeKey(),
      await receiver.makeKey(),
    ];
    const one = { uid: 4001, keys: [kept.line, old.line] };
    await receiver.writeSources({ one, two: { uid: 4002, keys: [gone.line] } });
    await eventually('a new source is let in', 2000, () => receiver.letsIn('two', gone));
    using survivor = await stay(receiver, 'one', kept, 'receive');
    using rotated = await stay(receiver, 'one', old, 'receive');
    using idle = await stay(receiver, 'one', old, null);
    using removed = await stay(receiver, 'two', gone, 'receive');
    using removedIdle = await stay(receiver, 'two', gone, null);
    const sshdBefore = await sshdPid(receiver);

    await receiver.writeSources({ one: { uid: 4001, keys: [kept.line, next.line] } });
    const started = performance.now();
    await eventually('the new key is let in', 2000, () => receiver.letsIn('one', next));
    const losers = [rotated, removed, idle, removedIdle];
    const leftMs = 5000 - (performance.now() - started);
    await eventually('they have ended', leftMs, async () => !losers.some(({ isAlive }) => isAlive()));
    expect(await receiver.letsIn('one', old)).toBe(false);
    expect(await receiver.letsIn('two', gone)).toBe(false);
    expect(survivor.isAlive()).toBe(true);
    expect(await sshdPid(receiver)).toBe(sshdBefore);
    expect((await lstat(join(receiver.dataDir, 'sources/two/repo'))).uid).toBe(4002);
  });

  test('leaves alone a source that was added a moment after another change', async () => {
    await using receiver = await withReceiver();
    const [one, two] = [await receiver.makeKey(), await receiver.makeKey()];
    const sources = { one: { uid: 4001, keys: [one.line] } };
    const apply = async (more: TestSources, count: number): Promise<void> => {
      await receiver.writeSources({ ...sources, ...more });
      process.kill(receiver.pid, 'SIGHUP');
      await eventually('it is in force', 5000, async () => receiver.log.includes(`"sources":${count},`));
    };
    await apply({}, 1);
    await apply({ two: { uid: 4002, keys: [two.line] } }, 2);
    using staying = await stay(receiver, 'two', two, 'receive');
    // Longer than until the first change is looked at for the last time.
    await sleep(1500);
    expect(staying.isAlive()).toBe(true);
  });

  test('keeps the last good file in force, and says so', async () => {
    await using receiver = await withReceiver();
    const key = await receiver.makeKey();
    await receiver.writeSources({ one: { uid: 4001, keys: [key.line] } });
    await eventually('the source is let in', 15_000, () => receiver.letsIn('one', key));
    await receiver.writeConfig('sources:\n  one: { uid: 4001, kye: x }\n');
    await eventually('it is refused', 15_000, async () => receiver.log.includes('is refused'));
    expect(await receiver.letsIn('one', key)).toBe(true);
    const { stdout } = await receiver.cli('status', '--data', receiver.dataDir);
    expect(stdout).toContain('The file was refused');
    expect(stdout).toContain('sources.yaml:2');
    const check = await receiver.cli('check', '--config', receiver.configFile, '--data', receiver.dataDir);
    expect(check.exitCode).toBe(1);
    expect(check.stderr).toContain('kye');
  });

  test('refuses a changed UID with the command that re-owns the data, and takes it up once that has run', async () => {
    await using receiver = await withReceiver();
    const key = await receiver.makeKey();
    await receiver.writeSources({ one: { uid: 4001, keys: [key.line] } });
    await eventually('the source is let in', 15_000, () => receiver.letsIn('one', key));
    await receiver.writeSources({ one: { uid: 4009, keys: [key.line] } });
    await eventually('it is refused', 15_000, async () => receiver.log.includes('has UID 4009 now'));
    expect(await receiver.letsIn('one', key)).toBe(true);
    const command = /chown -hR 4009:4009 [^"\\]+/.exec(receiver.log)?.[0] ?? '';
    await execa('sh', ['-c', command]);
    const home = join(receiver.dataDir, 'sources/one');
    expect((await lstat(join(home, 'journal'))).uid).toBe(4009);
    await eventually('it is in force', 4000, async () => {
      const { stdout } = await receiver.cli('sources', '--json', '--data', receiver.dataDir);
      return stdout.includes('"uid":4009');
    });
    expect(await receiver.letsIn('one', key)).toBe(true);
  });

  test('is not fooled by a link in the place of a folder', async () => {
    await using receiver = await withReceiver();
    const key = await receiver.makeKey();
    await receiver.writeSources({ one: { uid: 4001, keys: [key.line] } });
    await eventually('the source is let in', 15_000, () => receiver.letsIn('one', key));
    const trash = join(receiver.dataDir, 'sources/one/trash');
    await rm(trash, { recursive: true });
    await symlink('/etc', trash);
    await receiver.writeSources({
      one: { uid: 4001, keys: [key.line] },
      two: { uid: 4002, keys: [(await receiver.makeKey()).line] },
    });
    await eventually('it is refused', 15_000, async () => receiver.log.includes('is not a folder'));
    expect((await lstat('/etc')).uid).toBe(0);
  });

  test('leaves nothing behind: no process, no mount, no account, and a data directory free for the next', async () => {
    const before = await hostTraces();
    await using receiver = await withReceiver();
    const key = await receiver.makeKey();
    await receiver.writeSources({ one: { uid: 4001, keys: [key.line] } });
    await eventually('the source is let in', 15_000, () => receiver.letsIn('one', key));
    expect(await hostTraces()).toBe(before);
    const namespace = await mountNamespaceOf(receiver);
    using client = await stay(receiver, 'one', key, 'receive');
    const second = await receiver.cli('run', '--config', receiver.configFile, '--data', receiver.dataDir);
    expect(second.exitCode).toBe(6);

    // An sshd that dies comes back, and the connection that outlived it is still ended with the server.
    const sshd = await sshdPid(receiver);
    process.kill(sshd, 'SIGKILL');
    await eventually('sshd is back', 15_000, () => receiver.letsIn('one', key));
    expect(client.isAlive()).toBe(true);

    expect(snapshot().some(({ mountNamespace }) => mountNamespace === namespace)).toBe(true);
    expect(await receiver.stop()).toBe(0);
    await eventually('the client noticed', 1000, async () => !client.isAlive());
    expect(snapshot().filter(({ mountNamespace }) => mountNamespace === namespace)).toEqual([]);
    expect(await hostTraces()).toBe(before);
    await receiver.start();
    expect(await receiver.letsIn('one', key)).toBe(true);
    expect(await receiver.stop('SIGINT')).toBe(0);
  });

  test('refuses what the disk has no room for, and takes it up when there is', async () => {
    await using receiver = await withReceiver({ start: false });
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'small', receiver.dataDir]);
    try {
      await receiver.start();
      const [old, key] = [await receiver.makeKey(), await receiver.makeKey()];
      await receiver.writeSources({ one: { uid: 4001, keys: [old.line] } });
      await eventually('the source is let in', 2500, () => receiver.letsIn('one', old));
      const ballast = join(receiver.dataDir, 'ballast');
      await execa('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { reject: false });
      await receiver.writeSources({ one: { uid: 4001, keys: [key.line] } });
      await eventually('a key needs no room', 2500, () => receiver.letsIn('one', key));
      await rm(ballast);
      await receiver.writeSources({ two: { uid: 4002, keys: [old.line] } });
      await eventually('there is room again', 5000, () => receiver.letsIn('two', old));
      expect(await receiver.stop()).toBe(0);
    } finally {
      await receiver.stop();
      await execa('umount', [receiver.dataDir]);
    }
  });

  // How long it takes is measured by `npm run bench:sources`.
  test('applies 1,000 sources at once', async () => {
    await using receiver = await withReceiver();
    const key = await receiver.makeKey();
    const many = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`host-${index}`, { uid: 20_000 + index, keys: [publicKeyLine()] }]),
    );
    await receiver.writeSources({ ...many, last: { uid: 4001, keys: [key.line] } });
    await eventually('it is in force', 30_000, async () => receiver.log.includes('"sources":1001'));
    expect(await receiver.letsIn('last', key)).toBe(true);
    await chown(join(receiver.dataDir, 'sources/host-7/repo'), 0, 0);
    const { stderr } = await receiver.cli('check', '--config', receiver.configFile, '--data', receiver.dataDir);
    expect(stderr).toContain('host-7');
  });
});

describe('a receiver without root', () => {
  test('tells the sources apart by their keys, and says what that lacks', async () => {
    await using receiver = await withReceiver({ mode: 'rootless' });
    const [one, two] = [await receiver.makeKey(), await receiver.makeKey()];
    await receiver.writeSources({ one: { uid: 4001, keys: [one.line] }, two: { uid: 4002, keys: [two.line] } });
    await eventually('the source is let in', 15_000, () => receiver.letsIn('one', one));
    const refused = await receiver.ssh('two', two, 'ls');
    expect(refused.stderr).toContain('two can back up');
    const { stdout } = await receiver.cli('status', '--data', receiver.dataDir);
    expect(stdout).toContain('ROOTLESS');
    using staying = await stay(receiver, 'two', two, 'receive');
    using other = await stay(receiver, 'one', one, 'receive');
    await receiver.writeSources({ one: { uid: 4001, keys: [one.line] } });
    await eventually('it has ended', 5000, async () => !staying.isAlive());
    expect(other.isAlive()).toBe(true);
    expect(await receiver.letsIn('two', two)).toBe(false);
    expect(await receiver.stop()).toBe(0);
    await eventually('the client noticed', 1000, async () => !other.isAlive());
  });
});

const sshdPid = async (receiver: TestReceiver): Promise<number> => {
  const state: unknown = JSON.parse(await readFile(join(receiver.dataDir, 'server.json'), 'utf8'));
  return typeof state === 'object' && state !== null && 'sshdPid' in state ? Number(state.sshdPid) : 0;
};
