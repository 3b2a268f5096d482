import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Container } from '../containers/containers.ts';
import { isBelow } from '../containers/host-path.ts';
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
  // It was down for as long as it may be, and was started again under the work's hands.
  down.signal.throwIfAborted();
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

/**
 * A path of the server as this machine sees it: itself, or where the container's mounts put it; null where they do not.
 * Throws 'database-refused' where a link in it leads out of the container's volumes.
 */
export const pathHere = async (at: Place, path: string, { containers }: EngineWorld): Promise<string | null> => {
  if (at.kind !== 'container') return path;
  if (containers === null) return null;
  const container = await containers.find(at.container);
  const here = containers.hostPath(container, path);
  if (here !== null) await stayInside(here, container.mounts, path);
  return here;
};

/** A link that the container made leads somewhere else on this machine than in the container, where this agent may do more than it. */
const stayInside = async (here: string, mounts: Container['mounts'], path: string): Promise<void> => {
  const real = await realpathOf(here);
  const sources = await Promise.all(mounts.map(({ source }) => realpath(source).catch(() => source)));
  if (real !== null && sources.some((source) => isBelow(real, source))) return;
  throw new Problem(
    'database-refused',
    `${printable(path, 200)} leads out of the container's volume by a link: it was left alone.`,
    'Name the file itself, in a volume or a bind mount of the container.',
  );
};

/** As far as it is there, for a restore may be about to make the rest; null for a link to nothing, which would be written through. */
const realpathOf = async (path: string): Promise<string | null> => {
  try {
    return await realpath(path);
  } catch (error) {
    const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() === true;
    if (isLink || !isErrno(error, 'ENOENT', 'EACCES') || dirname(path) === path) return null;
    const above = await realpathOf(dirname(path));
    return above === null ? null : join(above, basename(path));
  }
};
