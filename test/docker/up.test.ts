import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../scripts/free-port.ts';
import { docker, dockerOrThrow, serverProgram, withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';
import { withWeakEngine } from './weak-engine.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

const running = async (name: string): Promise<string> =>
  (await docker('inspect', '--format', '{{.State.Running}}', name)).stdout;

test('up again changes nothing; other settings replace the container; down leaves the data', async () => {
  await using container = await withContainer();
  const first = await container.id();
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('unchanged') });
  expect(await container.id()).toBe(first);
  expect(await container.up('--memory', '1G', '--json')).toMatchObject({
    stdout: expect.stringContaining('"replaced"'),
  });
  expect(await container.id()).not.toBe(first);
  expect((await docker('inspect', first)).exitCode).not.toBe(0);
  // What people are told to type works as it stands.
  for (const words of [['check'], ['status'], ['digest', '--preview']])
    expect(await container.exec(['berth-server', ...words])).toMatchObject({ exitCode: 0 });
  expect(await container.cli('logs', '--name', container.name)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('ready'),
  });
  const hostKey = await container.hostKey();
  for (const words of ['removed; the backups stay', 'There is no container']) {
    expect(await container.cli('down', '--name', container.name)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(words),
    });
  }
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('created') });
  expect(await container.hostKey()).toBe(hostKey);
});

test('a sources.yaml that the data forbids stops nothing: the old container was never touched', async () => {
  await using container = await withContainer();
  const key = await keyLine();
  await container.writeConfig(`sources: { one: { uid: 4001, key: '${key}' } }\n`);
  expect((await container.up('--memory', '1G')).exitCode).toBe(0);
  const id = await container.id();
  const startedAt = await dockerOrThrow('inspect', '--format', '{{.State.StartedAt}}', id);
  await container.writeConfig(`sources: { one: { uid: 4002, key: '${key}' } }\n`);
  const refused = await container.up('--memory', '2G');
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('its data belongs to UID 4001') });
  expect([await container.id(), await running(container.name)]).toEqual([id, 'true']);
  expect(await dockerOrThrow('inspect', '--format', '{{.State.StartedAt}}', id)).toBe(startedAt);
  expect((await docker('inspect', `${container.name}-next`)).exitCode).not.toBe(0);
});

test('when the new container does not become healthy, the old one is put back and the words of the new one are shown', async () => {
  await using container = await withContainer();
  const id = await container.id();
  // Its check passes and its server ends at once.
  const broken = 'berth-broken:test';
  const dockerfile = 'FROM berth:test\nENTRYPOINT ["sh", "-c", "[ $0 = check ] || { echo out of order; exit 1; }"]\n';
  await execa('docker', ['build', '--tag', broken, '-'], { input: dockerfile });
  const replaced = await container.up('--image', broken);
  expect(replaced).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('The old one runs again') });
  expect(replaced.stderr).toContain('out of order');
  expect([await container.id(), await running(container.name)]).toEqual([id, 'true']);
  expect(await container.exec(['berth-server', 'health'])).toMatchObject({ exitCode: 0, stdout: 'healthy' });
  expect((await docker('inspect', `${container.name}-next`)).exitCode).not.toBe(0);
});

test('an up that was killed halfway is finished by the next', async () => {
  await using container = await withContainer();
  const id = await container.id();
  await dockerOrThrow('rename', container.name, `${container.name}-next`);
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('unchanged') });
  expect(await container.id()).toBe(id);
  const label = await dockerOrThrow('inspect', '--format', '{{index .Config.Labels "org.berth.settings"}}', id);
  const next = `${container.name}-next`;
  await dockerOrThrow('create', '--name', next, '--label', `org.berth.settings=${label}`, 'berth:test');
  await dockerOrThrow('stop', container.name);
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('replaced') });
  expect(await running(container.name)).toBe('true');
  expect((await docker('inspect', next)).exitCode).not.toBe(0);
});

test('an up that was killed while the new image checks leaves a container that the next one, or down, removes', async () => {
  await using container = await withContainer({ start: false });
  const check = `${container.name}-check`;
  const slow = 'berth-slow:test';
  const dockerfile = 'FROM berth:test\nENTRYPOINT ["tini", "--", "sh", "-c", "sleep 600"]\n';
  await execa('docker', ['build', '--tag', slow, '-'], { input: dockerfile });
  const killDuringCheck = async (): Promise<void> => {
    const up = execa(serverProgram, container.upWords('--image', slow), { reject: false });
    await expect.poll(() => running(check), { timeout: 20_000 }).toBe('true');
    up.kill('SIGKILL');
    await up;
    expect(await running(check)).toBe('true');
  };
  await killDuringCheck();
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('created') });
  expect((await docker('inspect', check)).exitCode).not.toBe(0);
  await killDuringCheck();
  expect((await container.cli('down', '--name', container.name)).exitCode).toBe(0);
  const { stdout } = await docker('ps', '--all', '--filter', `volume=${container.dataDir}`, '--format', '{{.Names}}');
  expect(stdout).toBe('');
});

test('an engine that drops the memory limit is named, every time, and the limit is not claimed', async () => {
  await using container = await withContainer();
  await using weak = await withWeakEngine(container.door.directory);
  const options = { env: weak.env, reject: false } as const;
  const words = await execa(serverProgram, container.upWords('--memory', '1G'), options);
  expect(words).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/replaced, .*, no memory limit$/),
    stderr: expect.stringContaining('may take more than 1 GiB'),
  });
  const again = await execa(serverProgram, container.upWords('--memory', '1G', '--json'), options);
  expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'unchanged', memoryLimited: false });
  const honest = await container.up('--memory', '1G');
  expect(honest).toMatchObject({ stdout: expect.stringMatching(/unchanged, .*, 1 GiB$/), stderr: '' });
});

test('what stands in the way is named: no engine, no image, a taken port, a container of somebody else, a missing folder', async () => {
  await using container = await withContainer({ start: false });
  const noEngine = await execa(
    'env',
    ['DOCKER_HOST=unix:///nowhere.sock', 'packages/server/bin/berth-server', 'down', '--name', container.name],
    { reject: false },
  );
  expect(noEngine).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('No Docker engine answers') });
  const noImage = await container.up('--image', 'berth:nowhere');
  expect(noImage.stderr).toContain('docker build --file docker/Dockerfile --tag berth:nowhere .');
  expect((await container.up('--data', '/nowhere')).stderr).toContain('mkdir -p /nowhere');

  await using other = await withContainer();
  const taken = await container.up('--port', String(other.port));
  expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`Port ${other.port} is taken`) });
  expect((await docker('inspect', `${container.name}-next`)).exitCode).not.toBe(0);

  await dockerOrThrow('create', '--name', container.name, 'berth:test');
  expect((await container.up()).stderr).toContain('that berth-server up did not make');
});

test('a refused sources.yaml does not make the container unhealthy; a dead sshd does', async () => {
  await using container = await withContainer();
  await container.writeConfig('sources: [');
  await expect
    .poll(async () => (await container.exec(['berth-server', 'health'])).stdout, { timeout: 10_000 })
    .toContain('refused');
  const healthy = await container.exec(['berth-server', 'health', '--json']);
  expect([healthy.exitCode, healthy.stdout]).toEqual([0, '{"healthy":true,"refused":true}']);
  const { sshdPid } = JSON.parse(await readFile(join(container.dataDir, 'server.json'), 'utf8'));
  await container.exec(['sh', '-c', `kill -STOP ${sshdPid}`]);
  expect(await container.exec(['berth-server', 'health'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('does not answer'),
  });
});

const keyLine = async (): Promise<string> => {
  const script = 'f=$(mktemp -u); ssh-keygen -q -t ed25519 -N "" -f $f; cut -d" " -f1,2 $f.pub; rm $f $f.pub';
  return (await execa('sh', ['-c', script])).stdout.trim();
};

test('the page is reached from outside once sources.yaml has it listen there, and asks for its password', async () => {
  await using container = await withContainer();
  const port = await freePort();
  await writeFile(join(container.configDir, 'page-password'), 'example-password\n', { mode: 0o600 });
  await container.writeConfig(`page: { listen: '0.0.0.0:${port}', password_file: page-password }\nsources: {}\n`);
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('replaced') });
  const look = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/`, { headers }).catch(() => null))?.status ?? 0;
  await expect.poll(() => look({}), { timeout: 20_000 }).toBe(401);
  const authorization = `Basic ${Buffer.from('admin:example-password').toString('base64')}`;
  expect(await look({ authorization })).toBe(200);
});
