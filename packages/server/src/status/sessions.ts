import type { Source } from '../sources/source.ts';
import { connectionsOf } from '../sshd/connections.ts';
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
  for (const { source, sessions } of connectionsOf(snapshot(), listener, sources)) {
    if (source !== null) counts.set(source, (counts.get(source) ?? 0) + sessions);
  }
  return counts;
};
