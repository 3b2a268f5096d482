import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilities } from '../../packages/server/src/container/settings.ts';
import { eventually } from '../helpers/receiver.ts';
import { docker, dockerOrThrow } from './container.ts';
import { prepareDocker, prepareWithinMs, serverImage } from './images.ts';
import { sessionPid } from './sessions.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

describe('one capability fewer', () => {
  let directory = '';
  const name = `berth-test-fewer-${process.pid}`;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-fewer-'));
  });
  afterEach(async () => {
    await docker('rm', '--force', '--volumes', name);
    await rm(directory, { recursive: true, force: true });
  });

  /** The image with the listed capabilities but one, and one source whose key pair lies in the container's /tmp. */
  const startWithout = async (missing: string): Promise<void> => {
    const key = (
      await dockerOrThrow(
        'run',
        '--rm',
        '--entrypoint',
        'sh',
        '--volume',
        `${directory}:/config`,
        '--tmpfs',
        '/run',
        serverImage,
        '-c',
        makeKey,
      )
    ).trim();
    await writeFile(join(directory, 'sources.yaml'), `sources: { one: { uid: 4001, key: '${key}' } }\n`);
    const given = capabilities
      .filter((capability) => capability !== missing)
      .flatMap((capability) => ['--cap-add', capability]);
    const harden = ['--read-only', '--cap-drop', 'ALL', ...given, '--security-opt', 'no-new-privileges:true'];
    const places = ['--tmpfs', '/run:mode=0755', '--tmpfs', '/tmp', '--volume', `${directory}:/config`];
    await dockerOrThrow('run', '--detach', '--name', name, ...harden, ...places, serverImage);
  };
  const makeKey = `mkdir -p /run/berth/etc; echo root:*:0:0::/root:/bin/sh > /run/berth/etc/passwd
    ssh-keygen -q -t ed25519 -N '' -f /config/key; cut -d' ' -f1,2 /config/key.pub`;
  const login = (command: string) =>
    docker(
      'exec',
      name,
      'sh',
      '-c',
      `ssh -F none -i /config/key -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null one@127.0.0.1 ${command}`,
    );
  const words = async (): Promise<string> => {
    const { stdout, stderr } = await docker('logs', name);
    return stdout + stderr;
  };
  const says = (text: string) => eventually(text, 20_000, async () => (await words()).includes(text));

  test.each([
    ['CHOWN', 'can not be given to UID 4001'],
    ['SETUID', 'does not run as UID 4001'],
    ['SETGID', 'does not run as UID 4001'],
  ])('without %s the server does not start', async (missing, said) => {
    await startWithout(missing);
    await says(said);
  });

  test('without SYS_CHROOT nobody is let in', async () => {
    await startWithout('SYS_CHROOT');
    await says('ready');
    expect(await login('control')).toMatchObject({ exitCode: 255 });
  });

  test.each([
    ['KILL', 'ends the server itself: EPERM'],
    ['none', 'is ended'],
  ])('without %s, a session that does not react to losing its key %s', async (missing) => {
    await startWithout(missing);
    await says('ready');
    await dockerOrThrow(
      'exec',
      '--detach',
      name,
      'sh',
      '-c',
      'sleep 300 | ssh -F none -i /config/key -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null one@127.0.0.1 receive',
    );
    const pid = await sessionPid({ name });
    // As the source itself, which may well do this to its own session.
    await dockerOrThrow('exec', '--user', '4001', name, 'sh', '-c', `kill -STOP ${pid}`);
    await writeFile(join(directory, 'sources.yaml'), 'sources: {}\n');
    if (missing === 'KILL') {
      await says('kill EPERM');
      return;
    }
    await eventually(
      'it is gone',
      10_000,
      async () => (await docker('exec', name, 'test', '!', '-e', `/proc/${pid}`)).exitCode === 0,
    );
  });
});
