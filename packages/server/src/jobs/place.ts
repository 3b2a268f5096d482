import { Problem } from '@berth/common/problem.ts';
import type { Mode } from '../accounts/layout.ts';
import type { Jail } from '../session/jail.ts';
import { isBesideImage } from '../supervisor/mode.ts';
import { privatePaths } from '../supervisor/namespace.ts';
import type { Program } from '../supervisor/program.ts';
import type { ServerState } from '../supervisor/state.ts';
import type { JobPlace } from './start.ts';

/**
 * Where a command of the admin's runs its jobs: in private mode inside the running server's mount namespace, whose
 * paths every source can walk; and so where systemd gives the server a view of the machine of its own. Throws `server-down` where
 * private mode has no such namespace.
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
  const isElsewhere = mode === 'private' || (mode === 'container' && up && isBesideImage(pid));
  return { ...jobPlaceInside({ mode, jail, dataDir, program }), enter: isElsewhere ? pid : null };
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
