import { Problem } from '@berth/common/problem.ts';
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { statusOf } from './engine.ts';
import { lastLinesOf } from './output.ts';

/**
 * Asks the new image whether it would take this sources.yaml and this data, before anything that runs is touched: `berth-server check --would-start` in
 * a container that can only read and has no network. `options` name and label it, so that the next `up` finds what a
 * killed one leaves. Throws `check-failed` with its words.
 */
export const preflight = async (docker: Docker, options: ContainerCreateOptions): Promise<void> => {
  const { HostConfig = {}, ExposedPorts: _ports, ...rest } = options;
  const { Mounts = [], ReadonlyRootfs, Tmpfs, SecurityOpt } = HostConfig;
  const container = await create(docker, {
    ...rest,
    Cmd: ['check', '--would-start', '--config', '/config/sources.yaml', '--data', '/data'],
    HostConfig: {
      ReadonlyRootfs,
      Tmpfs,
      SecurityOpt,
      CapDrop: ['ALL'],
      NetworkMode: 'none',
      Mounts: Mounts.map((mount) => ({ ...mount, ReadOnly: true })),
    },
  });
  try {
    await container.start();
    const { StatusCode }: { readonly StatusCode: number } = await container.wait();
    if (StatusCode === 0) return;
    const words = await lastLinesOf(container, 100);
    throw new Problem('check-failed', 'The new container would not start with this sources.yaml and data.', words);
  } finally {
    await container.remove({ force: true });
  }
};

const create = async (docker: Docker, options: ContainerCreateOptions): Promise<Docker.Container> => {
  try {
    return await docker.createContainer(options);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : '';
    if (statusOf(cause) !== 400) throw cause;
    throw new Problem('engine-refuses', `The engine refuses the container: ${words}.`, 'Check the folders it names.', {
      cause,
    });
  }
};
