import type { Source } from '../sources/source.ts';
import { connectionsOf, doorSessions } from '../sshd/connections.ts';
import { snapshot } from '../sshd/processes.ts';
import type { ServerState } from '../supervisor/state.ts';

/** How many sessions each source has now, by its name. `server` runs. */
export const sessionsBySource = (
  server: Pick<ServerState, 'sshdPid' | 'mode' | 'mountNamespace' | 'pid'>,
  sources: readonly Source[],
): ReadonlyMap<string, number> => {
  const { sshdPid, mode, mountNamespace, pid } = server;
  const listener = { pid: sshdPid ?? -1, rootless: mode === 'rootless', mountNamespace, supervisor: pid };
  const counts = new Map<string, number>();
  const all = snapshot();
  const add = (source: string, sessions: number) => counts.set(source, (counts.get(source) ?? 0) + sessions);
  for (const { source } of doorSessions(all, pid)) add(source, 1);
  for (const { source, sessions } of connectionsOf(all, listener, sources)) {
    if (source !== null) add(source, sessions);
  }
  return counts;
};
