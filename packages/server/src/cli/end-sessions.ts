import { Problem } from '@berth/common/problem.ts';
import { loadSources } from '../sources/load.ts';
import { connectionsOf, doorSessions } from '../sshd/connections.ts';
import { endProcesses, snapshot } from '../sshd/processes.ts';
import { appliedFile, readState } from '../supervisor/state.ts';

/** As long as the server itself gives a connection whose key was taken away. */
const graceMs = 1500;

/**
 * Ends the connections of a source that have a session, as the server does when a key is taken away, and those of a phone's restic, and answers with how
 * many there were. Its client can log in again at once. Throws `sessions-survive` when one can not be ended.
 */
export const endSessionsOf = async (dataDir: string, name: string): Promise<number> => {
  const server = readState(dataDir);
  const loaded = await loadSources(appliedFile(dataDir));
  if (server === null || loaded.kind !== 'ok') return 0;
  const { sshdPid, mode, mountNamespace, pid } = server;
  const listener = { pid: sshdPid ?? -1, rootless: mode === 'rootless', mountNamespace, supervisor: pid };
  const all = snapshot();
  const connections = connectionsOf(all, listener, loaded.config.sources).filter(({ source }) => source === name);
  const inside = doorSessions(all, pid).filter(({ source }) => source === name);
  const left = await endProcesses(
    [...connections.flatMap(({ processes }) => processes), ...inside.map(({ process }) => process)],
    graceMs,
  );
  if (left === 0) return connections.length + inside.length;
  throw new Problem(
    'sessions-survive',
    `${left} processes of ${name} survive SIGKILL.`,
    'A disk that does not answer can hold them: look at the log of the kernel (dmesg).',
  );
};
