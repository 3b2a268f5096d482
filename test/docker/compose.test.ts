import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requirePrograms } from '../../scripts/docker/programs.ts';
import { freePort } from '../../scripts/free-port.ts';
import { repository } from '../helpers/receiver.ts';
import { docker, dockerOrThrow, withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs, serverImage } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
  if ((await docker('compose', 'version')).exitCode !== 0)
    await requirePrograms({ 'docker-compose': 'docker-compose' });
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

/** Of everything the engine knows about a container, what decides what it may do. */
const settingsOf = async (name: string): Promise<unknown> => {
  const [{ HostConfig: host, Config: config, Mounts: mounts }] = JSON.parse(await dockerOrThrow('inspect', name));
  const { ReadonlyRootfs, Tmpfs, SecurityOpt, CapDrop, CapAdd, Memory, PidsLimit, RestartPolicy, LogConfig } = host;
  const { Privileged, NetworkMode: _network, PidMode, IpcMode, UsernsMode, Devices } = host;
  return {
    host: { ReadonlyRootfs, Tmpfs, SecurityOpt, CapDrop, CapAdd: [...CapAdd].sort(), Memory, PidsLimit, LogConfig },
    shared: { Privileged, PidMode, IpcMode, UsernsMode, Devices: Devices ?? [] },
    restart: RestartPolicy.Name,
    hostname: config.Hostname,
    ports: Object.keys(host.PortBindings),
    stop: config.StopTimeout,
    command: [config.Entrypoint, config.Cmd, config.User],
    mounts: mounts.map((mount: Record<string, unknown>) => [mount['Type'], mount['Destination'], mount['RW']]).sort(),
  };
};

test('docker compose brings up a healthy receiver with the very settings of berth-server up, from empty folders', async () => {
  await using container = await withContainer();
  const name = `${container.name}-compose`;
  const folder = join(container.configDir, '..', 'compose');
  await mkdir(folder);
  // A test must not take the name and image of a receiver that runs on this machine.
  const own = join(folder, 'own.yaml');
  await writeFile(own, `services: { berth: { container_name: ${name}, image: '${serverImage}' } }\n`);
  const files = ['-f', join(repository, 'docker/compose.yaml'), '-f', own, '-p', name];
  const env = {
    BERTH_PORT: String(await freePort()),
    BERTH_CONFIG: join(folder, 'config'),
    BERTH_DATA: join(folder, 'data'),
  };
  const [program, ...first] =
    (await docker('compose', 'version')).exitCode === 0 ? ['docker', 'compose'] : ['docker-compose'];
  const compose = (...words: readonly string[]) =>
    execa(program ?? '', [...first, ...files, ...words], { env, timeout: 110_000 });
  try {
    await compose('up', '-d');
    await expect
      .poll(async () => (await docker('exec', name, 'berth-server', 'health')).stdout, { timeout: 20_000 })
      .toBe('healthy');
    expect(await settingsOf(name)).toEqual(await settingsOf(container.name));
    expect((await docker('exec', name, 'cat', '/config/sources.yaml')).stdout).toMatch(/^sources:$/m);
  } finally {
    await compose('down');
  }
});
