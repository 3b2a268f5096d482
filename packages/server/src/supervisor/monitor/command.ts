import type { Mode } from '../../accounts/layout.ts';
import { coordinatorUid, stateFolder } from '../../coordinator/paths.ts';
import { monitorFolder } from '../../monitor/paths.ts';
import { type Jail, jailWords, nodeWords } from '../../session/jail.ts';
import type { Program } from '../program.ts';
import { type Look, lookAt, networkNeeds } from './network.ts';

/** Where the monitor runs: all of it by the paths that its user can walk. */
export interface MonitorPlace {
  readonly mode: Mode;
  readonly node: string;
  /** monitor/main.ts of a clone, or the bundled file. */
  readonly program: string;
  readonly jail: Jail;
  /** What it knows, and what the coordinator does. */
  readonly state: string;
  readonly coordinator: string;
}

/** The monitor's place where `dataDir` is the data by the path that its user can walk. */
export const monitorPlace = (where: {
  readonly mode: Mode;
  readonly jail: Jail;
  readonly program: Pick<Program, 'node' | 'monitor'>;
  readonly dataDir: string;
}): MonitorPlace => {
  const { mode, jail, program, dataDir } = where;
  const { node, monitor } = program;
  return {
    ...{ mode, node, program: monitor, jail },
    ...{ state: monitorFolder(dataDir), coordinator: stateFolder(dataDir) },
  };
};

/**
 * The words that start it: as `berth` (without root: as ourselves), without a way to gain privileges, and behind walls as the
 * coordinator's: under Landlock where there is one, and with Node's permission model. Both allow it its own code, its state,
 * to read what the coordinator keeps, and what finding a host by its name takes. It ends with the server, however that ends.
 */
export const monitorCommand = (
  place: MonitorPlace,
  options: {
    /** For one that answers a question and only looks. */
    readonly isOnce?: boolean;
    readonly aheadMs?: number;
    /** Looks at files where it is to run. */
    readonly look?: Look;
  } = {},
): readonly string[] => {
  const { mode, node, program, jail, state, coordinator } = place;
  const { isOnce = false, aheadMs = 0, look = lookAt } = options;
  // Landlock takes no rule about what is not there: a monitor without a coordinator still has much to tell.
  const readable = (isOnce ? [coordinator, state] : [coordinator]).filter((folder) => look(folder)?.isFolder);
  const own = { readable, writable: isOnce ? [] : [state] };
  const cell = { node, program, ...own, system: networkNeeds(jail, look) };
  const id = String(coordinatorUid);
  const become = mode === 'rootless' ? [] : ['--reuid', id, '--regid', id, '--clear-groups'];
  return [
    ...['setpriv', '--pdeathsig', 'TERM', ...become, '--no-new-privs', ...jailWords(jail, cell)],
    // SQLite is what Node calls experimental. A mail server of the house may have a certificate that only this machine trusts.
    ...[node, '--disable-warning=ExperimentalWarning', '--use-system-ca', ...nodeWords(cell)],
    ...[program, '--state', state, '--coordinator', coordinator],
    ...(isOnce ? ['--once'] : []),
    ...(aheadMs === 0 ? [] : ['--ahead', String(aheadMs)]),
  ];
};
