import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientKey, Door, SshResult } from './door.ts';
import { phoneName, phoneRows, phoneSource } from './isolation/phone.ts';
import { type Besieged, uidRows, uids } from './isolation/uids.ts';
import { eventually } from './receiver.ts';
import { randomObject, restClientOf } from './rest-client.ts';
import { filesBelow } from './store-files.ts';

export type { Besieged } from './isolation/uids.ts';

/**
 * Alpha's key, and everything it could be tried on: 0 successes against beta, the server and the network behind it.
 * A row that succeeds once is a hole, so each is written to pass only on a refusal that was really answered.
 */
export const isolationMatrix = (make: () => Promise<Besieged>): void => {
  let besieged: Besieged;
  let door: Door;
  let alpha: ClientKey;
  let beta: ClientKey;
  let before: Readonly<Record<string, string>>;
  const secret = randomObject(5000);

  const betaFiles = async (): Promise<Record<string, string>> => {
    const folder = join(besieged.dataDir, 'sources/beta');
    const entries = (await filesBelow(folder)).map(async (file) => {
      const path = join(folder, file);
      return [file, `${(await stat(path)).uid} ${(await readFile(path)).toString('base64')}`] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };

  beforeAll(async () => {
    besieged = await make();
    door = besieged.door;
    alpha = await door.makeKey();
    beta = await door.makeKey();
    await besieged.start({
      alpha: { uid: uids.alpha, keys: [alpha.line] },
      beta: { uid: uids.beta, keys: [beta.line] },
      ...(await phoneSource(besieged)),
    });
    for (const [source, key] of [
      ['alpha', alpha],
      ['beta', beta],
    ] as const) {
      expect([source, await door.letsIn(source, key)]).toEqual([source, true]);
    }
    const client = await restClientOf(door, 'beta', beta);
    expect((await client.request('POST', '/config', Buffer.from('beta’s'))).status).toBe(200);
    expect((await client.request('POST', secret.path, secret.bytes)).status).toBe(200);
    await client[Symbol.asyncDispose]();
    await eventually(
      'beta’s session has ended',
      5000,
      async () => (await filesBelow(join(besieged.dataDir, 'sources/beta/incoming'))).length === 0,
    );
    before = await betaFiles();
  });

  afterAll(async () => {
    expect(await betaFiles()).toEqual(before);
    await besieged[Symbol.asyncDispose]();
  });

  describe('no command runs but its own two', () => {
    const commands = [
      null,
      'sh',
      'id',
      'true',
      '/bin/sh -i',
      'receive --source beta',
      'receive; id',
      'receive\nid',
      'receive beta',
      'control beta',
      '$(id)',
      '`id`',
      'receive --directory /data/sources/beta',
      'receive --as-of ../../beta',
      'receive --as-of 2026-11-14T22:59:59.999Z beta',
      'receive --as-of 2026110000001234 --directory /data/sources/beta',
      'receive --as-of "$(id)"',
      'internal-sftp',
      'scp -t /',
      'scp -f /etc/passwd',
      'rsync --server --sender . /',
      'git-upload-pack x',
      'rclone serve restic --stdio',
    ];
    test.each(commands)('%j', async (command) => {
      const { exitCode, stdout, stderr } = await door.ssh('alpha', alpha, command);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toContain('berth: alpha can back up and restore here and nothing else');
    });
  });

  describe('no verb reaches what is beta’s', () => {
    const verbs = [
      'GET',
      'HEAD',
      'POST',
      'DELETE',
      'PUT',
      'PATCH',
      'COPY',
      'MOVE',
      'MKCOL',
      'PROPFIND',
      'OPTIONS',
      'TRACE',
      'CONNECT',
    ];
    const paths = [
      secret.path,
      `/../beta/repo${secret.path}`,
      `/..%2fbeta%2frepo${secret.path}`,
      `//beta${secret.path}`,
      `/beta${secret.path}`,
      `/data/../../../beta/repo/config`,
      '/data/%2e%2e/%2e%2e/%2e%2e/beta/repo/config',
      '/config/../../../beta/repo/config',
      '/config%00',
      '/repo/config',
      '/../journal/usage.json',
      '/etc/passwd',
      '/proc/self/environ',
      '/data/..',
      '/data/.',
      '/keys/..',
      '*',
      'http://beta/config',
      '/?repo=beta',
      '/config?source=beta',
      '/\\..\\beta\\config',
    ];
    test.each(verbs)('%s', async (verb) => {
      await using client = await restClientOf(door, 'alpha', alpha);
      for (const path of paths) {
        const body = verb === 'POST' || verb === 'PUT' ? Buffer.from('mine now') : null;
        const answer = await client.request(verb, path, body).catch(() => null);
        if (answer === null) continue; // The connection was refused such a request before berth saw it.
        // Deleting what is not there is answered 200 (docs/rest-api.md), and takes nothing from anyone.
        const harmless = verb === 'DELETE' && path === secret.path && answer.status === 200;
        expect([path, harmless || answer.status >= 400]).toEqual([path, true]);
        expect(answer.body.includes(secret.bytes)).toBe(false);
        expect(answer.body.toString()).not.toContain('beta’s');
      }
    });
  });

  describe('no channel opens but a session', () => {
    const connected = async (): Promise<ssh2.Client> => {
      const client = new ssh2.Client();
      const privateKey = await readFile(alpha.file);
      const settings: ConnectConfig = { host: '127.0.0.1', port: door.port, username: 'alpha', privateKey };
      await new Promise<void>((resolve, reject) => {
        client.on('ready', () => resolve());
        client.on('error', reject);
        client.connect(settings);
      });
      return client;
    };

    type Answered = (error: Error | undefined | null, channel?: unknown) => void;
    const attempts: Readonly<Record<string, (client: ssh2.Client, answered: Answered) => void>> = {
      'direct-tcpip to the server itself': (client, answered) =>
        client.forwardOut('127.0.0.1', 1, '127.0.0.1', besieged.inside.port, answered),
      'direct-tcpip to the network': (client, answered) => client.forwardOut('127.0.0.1', 1, '192.0.2.1', 80, answered),
      'direct-streamlocal': (client, answered) =>
        client.openssh_forwardOutStreamLocal('/run/berth/control/beta/api.sock', answered),
      'tcpip-forward': (client, answered) => client.forwardIn('127.0.0.1', 0, answered),
      'tcpip-forward to everyone': (client, answered) => client.forwardIn('', 0, answered),
      'streamlocal-forward': (client, answered) =>
        client.openssh_forwardInStreamLocal('/tmp/berth-attack.sock', answered),
      'another subsystem': (client, answered) => client.subsys('netconf', answered),
      sftp: (client, answered) => client.sftp(answered),
      'a terminal': (client, answered) => client.exec('receive', { pty: true }, answered),
      'X11 forwarding': (client, answered) => client.exec('receive', { x11: true }, answered),
    };
    test.each(Object.keys(attempts))('%s', async (name) => {
      const client = await connected();
      try {
        const error = await new Promise<Error | null | undefined>((resolve, reject) => {
          setTimeout(() => reject(new Error('no answer')), 10_000).unref();
          attempts[name]?.(client, (refused) => resolve(refused));
        });
        expect(error).toBeInstanceOf(Error);
      } finally {
        client.end();
      }
    });

    // sshd opens these two for every key, and hands them to the key's forced command.
    const opened: Readonly<Record<string, (client: ssh2.Client, answered: ssh2.ClientCallback) => void>> = {
      'a shell': (client, answered) => client.shell(false, answered),
      'the sftp subsystem': (client, answered) => client.subsys('sftp', answered),
    };
    test.each(Object.keys(opened))('%s gets the refusal and nothing else', async (name) => {
      const client = await connected();
      const channel = await new Promise<ClientChannel>((resolve, reject) =>
        opened[name]?.(client, (error, answered) => (error ? reject(error) : resolve(answered))),
      );
      channel.write('id; cat /etc/passwd; exit 0\n');
      const chunks: Buffer[] = [];
      channel.on('data', (chunk: Buffer) => chunks.push(chunk));
      const code = await new Promise((resolve) => channel.on('exit', resolve));
      client.end();
      expect([code, Buffer.concat(chunks).toString()]).toEqual([2, '']);
    });

    test('environment variables do not arrive', async () => {
      const options = ['-o', 'SetEnv=NODE_OPTIONS=--version SSH_ORIGINAL_COMMAND=receive LD_PRELOAD=/tmp/x'];
      const { exitCode, stdout } = await door.ssh('alpha', alpha, 'id', ...options);
      expect([exitCode, stdout]).toEqual([2, '']);
    });
  });

  uidRows(() => besieged);
  phoneRows(() => besieged);

  // The last of them: an sshd that counts failed logins turns this machine away for a while.
  describe('no other account lets it in', () => {
    const knock = async (account: string): Promise<SshResult> => {
      const options = [...(await door.sshOptions(alpha)), '-p', String(door.port), '-l', account];
      const { exitCode, stdout, stderr } = await execa('ssh', [...options, '127.0.0.1', 'receive'], {
        reject: false,
        stdin: 'ignore',
        timeout: 15_000,
      });
      return { exitCode, stdout, stderr };
    };
    test.each([
      'beta',
      phoneName,
      'root',
      'sshd',
      'nobody',
      'daemon',
      'berth',
      'alpha2',
      '../alpha',
      'alpha/../beta',
      '',
    ])('%j', async (account) => {
      let answer = await knock(account);
      await eventually('sshd looks at the key', 100_000, async () => {
        if (!isTurnedAway(answer)) return true;
        await sleep(2000);
        answer = await knock(account);
        return false;
      });
      expect([answer.exitCode, answer.stdout]).toEqual([255, '']);
      expect(answer.stderr).toContain('Permission denied (publickey)');
    });
  });
};

/** Not refused, but not heard: sshd closes the connection of an address with too many failures before it begins. */
const isTurnedAway = ({ stderr }: SshResult): boolean =>
  /Connection (?:closed|reset)|kex_exchange_identification|Not allowed at this time/.test(stderr);
