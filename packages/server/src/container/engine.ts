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

/**
 * Does `work` with the engine that this machine talks to. Throws `engine-gone` with `next`, what to do once it is back, when
 * it goes away meanwhile.
 */
export const withEngine = async <T>(next: string, work: (docker: Docker) => Promise<T>): Promise<T> => {
  const docker = await connectEngine();
  try {
    return await work(docker);
  } catch (cause) {
    if (!isHangUp(cause)) throw cause;
    throw new Problem(
      'engine-gone',
      'The Docker engine went away before this was done.',
      `Start it (systemctl start docker). ${next}`,
      { cause },
    );
  }
};

/** Refused, cut, or its socket is gone: a missing file of ours is none of these. */
const isHangUp = (error: unknown): boolean =>
  isErrno(error, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE') ||
  (isErrno(error, 'ENOENT') && error instanceof Error && 'syscall' in error && error.syscall === 'connect');

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
