import { Problem } from '@berth/common/problem.ts';
import type { Mode } from '../accounts/layout.ts';
import type { Jail } from '../session/jail.ts';
import { privatePaths } from '../supervisor/namespace.ts';
import type { Program } from '../supervisor/program.ts';
import type { ServerState } from '../supervisor/state.ts';
import type { JobPlace } from './start.ts';

/**
 * Where a command of the admin's runs its jobs: in private mode inside the running server's mount namespace, whose
 * paths every source can walk. Throws `server-down` where there is no such namespace.
 */
export const jobPlaceOf = (args: {
  readonly server: ServerState | null;
  readonly up: boolean;
  readonly dataDir: string;
  readonly program: Program;
}): JobPlace => {
  const { server, up, dataDir, program } = args;
  if (server === null || (!up && server.mode === 'private')) {
    throw new Problem(
      'server-down',
      `No server runs on ${dataDir}, and this needs its view of the data.`,
      `Start it: berth-server run --data ${dataDir}`,
    );
  }
  const { mode, jail, pid } = server;
  return { ...jobPlaceInside({ mode, jail, dataDir, program }), enter: mode === 'private' ? pid : null };
};

/** Where the server itself runs its jobs: it is in that namespace already. */
export const jobPlaceInside = (args: {
  readonly mode: Mode;
  readonly jail: Jail;
  readonly dataDir: string;
  readonly program: Program;
}): JobPlace => {
  const { mode, jail, dataDir, program } = args;
  if (mode !== 'private') return { mode, jail, dataDir, node: program.node, program: program.job, enter: null };
  const { data, node, job } = privatePaths(program);
  return { mode, jail, dataDir: data, node, program: job, enter: null };
};
