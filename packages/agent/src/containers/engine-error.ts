import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';

/** The HTTP status in an engine's refusal; null for any other error. */
export const statusOf = (error: unknown): number | null =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null;

/** The engine's own words, without dockerode's frame. */
export const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const json = 'json' in error ? error.json : null;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json.message.trim();
  }
  return error.message.replace(/^\(HTTP code \d+\) /, '').trim();
};

/** `Problem` for what a call to the engine ended with. `asked` completes "… was to". */
export const engineProblem = (cause: unknown, where: string, asked: string): Problem => {
  if (cause instanceof Problem) return cause;
  const status = statusOf(cause);
  if (status === null) return away(cause, where);
  if (status === 404) {
    return new Problem(
      'container-missing',
      `The engine knows no such container (it was to ${asked}).`,
      'See what there is: docker ps --all',
      { cause },
    );
  }
  if (status === 401 || status === 403 || status === 405) {
    return new Problem(
      'engine-refused',
      `${where} does not let berth ${asked}.`,
      'If it is a proxy, allow this request there: docs/containers.md lists what berth asks for.',
      { cause },
    );
  }
  return new Problem(
    'engine-refused',
    `The engine was to ${asked}, and answered: ${wordsOf(cause).slice(0, 500)}`,
    'Try the same by hand (docker, podman), and look at what the engine writes to its log.',
    { cause },
  );
};

/** The engine answers nothing, or not in time. */
export const away = (cause: unknown, where: string): Problem => {
  if (isErrno(cause, 'EACCES', 'EPERM')) {
    return new Problem(
      'engine-away',
      `This user may not talk to the container engine at ${where}.`,
      'Run berth as root (sudo berth install), or let it talk to an allow-listing proxy: docs/containers.md.',
      { cause },
    );
  }
  return new Problem(
    'engine-away',
    `No container engine answers at ${where}${cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''}.`,
    'Start it (systemctl start docker, or podman.socket), or name another in agent.yaml: containers: { engine: … }',
    { cause },
  );
};
