import { join } from 'node:path';
import type { Layout, Mode } from '../../accounts/layout.ts';
import { coordinatorUid, stateFolder } from '../../coordinator/paths.ts';
import { type Jail, jailWords, nodeWords } from '../../session/jail.ts';
import { privatePaths } from '../namespace.ts';
import type { Program } from '../program.ts';

/** Where the coordinator runs: all of it by the paths that its user can walk. */
export interface CoordinatorPlace {
  readonly mode: Mode;
  readonly node: string;
  /** coordinator/main.ts of a clone, or the bundled file. */
  readonly program: string;
  readonly jail: Jail;
  /** What it knows, and the folder with a folder for each source's socket. */
  readonly state: string;
  readonly control: string;
}

/** The coordinator's place in a server of this layout. */
export const coordinatorPlace = (layout: Layout, jail: Jail, program: Program): CoordinatorPlace => {
  const { mode, sessionDataDir, runtimeDir } = layout;
  const { node, coordinator } = mode === 'private' ? privatePaths(program) : program;
  return {
    ...{ mode, node, program: coordinator, jail },
    state: stateFolder(sessionDataDir),
    control: join(runtimeDir, 'control'),
  };
};

/**
 * The words that start it: as `berth` (without root: as ourselves), without a way to gain privileges, and behind the walls
 * of a session: under Landlock where there is one, and with Node's permission model, both allowing it its own code, its
 * state and its sockets only. It ends with the server, however that ends.
 */
export const coordinatorCommand = (place: CoordinatorPlace, aheadMs = 0): readonly string[] => {
  const { mode, node, program, jail, state, control } = place;
  const cell = { node, program, readable: [], writable: [state], sockets: [control] };
  const id = String(coordinatorUid);
  const become = mode === 'rootless' ? [] : ['--reuid', id, '--regid', id, '--clear-groups'];
  return [
    ...['setpriv', '--pdeathsig', 'TERM', ...become, '--no-new-privs', ...jailWords(jail, cell)],
    // SQLite is what Node calls experimental.
    ...[node, '--disable-warning=ExperimentalWarning', ...nodeWords(cell)],
    ...[program, '--state', state, '--control', control],
    ...(aheadMs === 0 ? [] : ['--ahead', String(aheadMs)]),
  ];
};
