import { Problem } from '@berth/common/problem.ts';
import type { EngineWorld } from './engine.ts';
import type { Place } from './place.ts';
import type { Stop } from './stop.ts';

/** What stops a server: what its entry says, else the container it is in; null where neither is known. */
export const stopOf = (entry: { readonly at: Place; readonly stop: Stop | null }): Stop | null =>
  entry.stop ?? (entry.at.kind === 'container' ? { kind: 'container', container: entry.at.container } : null);

/**
 * Stops a server, works on its files, and starts it again, also when the work throws, which is thrown on once it runs. Throws as `Quiesce`, and
 * 'not-started-again'; 'restore-failed' where somebody else started it meanwhile. Resolves with what a person should know of its start.
 */
export const whileStopped = async (
  stop: Stop,
  timeoutMs: number,
  work: () => Promise<void>,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const group =
    stop.kind === 'unit'
      ? { kind: 'unit' as const, name: stop.unit, unit: stop.unit, user: stop.user, timeoutMs }
      : await containerGroup(stop, timeoutMs, world);
  await using down = await world.quiesce.down(group, signal);
  down.signal.throwIfAborted();
  await work();
  const { meanwhile, warnings } = await down.up();
  if (meanwhile.length === 0) return warnings;
  throw new Problem(
    'restore-failed',
    `${meanwhile.join(', ')} was started while its data were being put back.`,
    'See to it that nothing starts it (a watchdog, an orchestrator), and restore once more.',
  );
};

const containerGroup = async (
  stop: Stop & { readonly kind: 'container' },
  timeoutMs: number,
  { containers }: EngineWorld,
) => {
  if (containers === null) {
    throw new Problem('engine-away', 'No engine of containers answers here.', 'Start it, and restore once more.');
  }
  const container = await containers.find(stop.container);
  return {
    kind: 'containers' as const,
    name: container.name,
    how: 'stop' as const,
    containers: [container],
    timeoutMs,
  };
};

/** A path of the server as this machine sees it: itself, or where the container's mounts put it; null where they do not. */
export const pathHere = async (at: Place, path: string, { containers }: EngineWorld): Promise<string | null> => {
  if (at.kind !== 'container') return path;
  if (containers === null) return null;
  return containers.hostPath(await containers.find(at.container), path);
};
