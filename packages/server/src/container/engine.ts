import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type Docker from 'dockerode';

/**
 * The Docker engine this machine talks to: DOCKER_HOST, or /var/run/docker.sock. Throws `no-engine` when none answers. dockerode is loaded
 * here and not with the program, because the server itself never needs it.
 */
export const connectEngine = async (): Promise<Docker> => {
  const { default: Engine } = await import('dockerode');
  const docker = new Engine();
  try {
    await docker.ping();
    return docker;
  } catch (cause) {
    if (isErrno(cause, 'EACCES', 'EPERM')) {
      throw new Problem(
        'no-engine',
        'This user may not talk to the Docker engine.',
        'Run it as root (sudo), or join the group docker, which is the same as being root.',
        { cause },
      );
    }
    throw new Problem(
      'no-engine',
      `No Docker engine answers${cause instanceof Error ? `: ${cause.message}` : ''}.`,
      'Start it (systemctl start docker), or name another: DOCKER_HOST=unix:///run/user/1000/docker.sock. Without Docker: berth-server run',
      { cause },
    );
  }
};

/** The engine's own name of an image that is here. Throws `image-missing`; nothing is ever pulled without being asked. */
export const imageIdOf = async (docker: Docker, image: string): Promise<string> => {
  try {
    return (await docker.getImage(image).inspect()).Id;
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause;
    throw new Problem(
      'image-missing',
      `The engine has no image ${image}.`,
      `Build it in the clone: docker build --file docker/Dockerfile --tag ${image} .\nOr fetch one that is published: docker pull ${image}`,
      { cause },
    );
  }
};

/** The HTTP status in an engine's refusal; null for any other error. */
export const statusOf = (error: unknown): number | null =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null;
