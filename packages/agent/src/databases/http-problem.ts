import { Problem } from '@berth/common/problem.ts';

/** Nobody listens there, or the connection broke before an answer. */
export const unreachable = (origin: string, cause: unknown): Problem =>
  new Problem(
    'database-unreachable',
    `${origin} does not answer.`,
    'Look whether the server runs, and its address in agent.yaml.',
    { cause },
  );

/** A redirect to another origin, which is not followed. */
export const elsewhere = (origin: string, other: string): Problem =>
  new Problem(
    'database-refused',
    `${origin} sends to ${other}, and credentials go nowhere they were not written for.`,
    `If that is the same server, write url: '${other}'.`,
  );

/** A body that ended before its end. */
export const cut = (origin: string, seen: number, length: number | null, cause?: unknown): Problem =>
  new Problem(
    'dump-failed',
    `${origin} broke off after ${seen} bytes${length === null ? '' : ` of ${length}`}.`,
    'Look at the server, then run the backup again.',
    { cause },
  );

/** What a status above 299 means, where the engine does not know better. `text` is the start of the body. */
export const problemOf = (
  origin: string,
  ask: { readonly method?: string; readonly path: string },
  status: number,
  text: string,
): Problem => {
  const cause = new Error(`${status} ${text}`);
  if (status === 401 || status === 403) {
    return new Problem(
      'database-refused',
      `${origin} refused what it was shown (${status}).`,
      'Look at the key or password file that agent.yaml names, and what its user may do.',
      { cause },
    );
  }
  return new Problem(
    'dump-failed',
    `${origin} answered ${ask.method ?? 'GET'} ${ask.path.split('?')[0]} with ${status}.`,
    'Look at the log of the server, then run the backup again.',
    { cause },
  );
};
