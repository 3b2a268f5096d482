import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, Problem } from '@berth/common/problem.ts';
import type { Things } from '../recover/things.ts';
import type { Container, Containers, Down, Group, Quiesce } from './containers.ts';
import type { AtKillPoint } from './kill-points.ts';
import { readLabels } from './labels.ts';
import { type Held, raise } from './raise.ts';
import type { ContainerThing } from './restart.ts';

/** What making containers quiet takes from the world. */
export interface QuiesceWorld {
  readonly containers: Containers;
  readonly things: Things;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
  /** Resolves early when aborted. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  readonly at?: AtKillPoint | undefined;
}

type ContainerGroup = Group & { readonly kind: 'containers' };

/**
 * Makes containers quiet: stops or pauses those that run, dependents first, or runs their `berth.before`. Each is noted before anything is done to
 * it, and struck out once it was seen to run again. Units are not its business: services/quiesce.ts.
 */
export const quiesceContainers = (world: QuiesceWorld): Quiesce => ({
  down: async (group, signal) => {
    if (group.kind !== 'containers') throw new Error('units are made quiet elsewhere');
    return down({ ...group, timeoutMs: Math.min(group.timeoutMs, longestTimer) }, world, signal);
  },
});

/** setTimeout fires at once for more. */
const longestTimer = 2 ** 31 - 1;

const down = async (group: ContainerGroup, world: QuiesceWorld, signal: AbortSignal): Promise<Down> => {
  if (signal.aborted) throw cancelled();
  const fleeting = group.how === 'stop' ? group.containers.find(({ goesWhenStopped }) => goesWhenStopped) : undefined;
  if (fleeting !== undefined) throw noWayBack(fleeting);
  const held: Held[] = [];
  const began = world.elapsed();
  const copying = new AbortController();
  const released = new AbortController();
  let raised: ReturnType<Down['up']> | null = null;
  let isAsked = false;
  const upOnce = (): ReturnType<Down['up']> => {
    raised ??= raise(group, held, { ...world, began });
    return raised;
  };
  const release = (): void => {
    released.abort();
    signal.removeEventListener('abort', onCancel);
  };
  const onCancel = (): void => copying.abort(cancelled());
  signal.addEventListener('abort', onCancel, { once: true });
  const atLimit = world.sleep(group.timeoutMs, released.signal).then(() => {
    if (!released.signal.aborted) copying.abort(tooLong(group));
  });
  atLimit.catch(() => undefined);
  try {
    for (const container of group.containers) await quiet(container, group, held, world, copying.signal);
    if (group.how !== 'exec') await world.at?.(group.how === 'stop' ? 'all-stopped' : 'paused');
    copying.signal.throwIfAborted();
  } catch (error) {
    release();
    await upOnce();
    throw copying.signal.aborted ? copying.signal.reason : failed(group, error);
  }
  // From here on the time limit, and the end of the run, start it again whatever the copy does.
  const onEnd = (): void => {
    upOnce().catch(() => undefined);
  };
  copying.signal.addEventListener('abort', onEnd, { once: true });
  const up = (): ReturnType<Down['up']> => {
    isAsked = true;
    release();
    return upOnce();
  };
  return {
    signal: copying.signal,
    up,
    [Symbol.asyncDispose]: async () => {
      // Whoever asked knows already how it went.
      if (isAsked) await upOnce().catch(() => undefined);
      else await up();
    },
  };
};

/** Does it to one of them, and looks how it is then: what changes afterwards, somebody else did. */
const quiet = async (
  named: Container,
  group: ContainerGroup,
  held: Held[],
  { containers, things, at }: QuiesceWorld,
  signal: AbortSignal,
): Promise<void> => {
  signal.throwIfAborted();
  const container = await containers.find({ name: named.id });
  // What does not run is quiet, and is left as it is.
  if (container.state !== 'running' && container.state !== 'restarting') return;
  await at?.('before-state');
  const { id, name, compose } = container;
  const thing: ContainerThing = {
    kind: 'container',
    id,
    name,
    compose: compose && { project: compose.project, service: compose.service, number: compose.number },
    how: group.how,
  };
  const note = await things.note(thing);
  const holding: Held = { thing, container, note, after: null };
  held.push(holding);
  const place = held.length;
  if (group.how === 'exec') {
    await Promise.all([runBefore(container, containers, signal), at?.('exec-midway')]);
    return;
  }
  const changing =
    group.how === 'stop' ? containers.stop(container, container.stopSeconds, signal) : containers.pause(container);
  await Promise.all([
    changing,
    at?.(group.how === 'pause' ? 'pause-sent' : place === 1 ? 'stop-1-sent' : 'stop-2-sent'),
  ]);
  holding.after = await seeItQuiet(container, group.how, containers);
  if (place === 1 && group.how === 'stop') await at?.('stop-1-done');
};

const settleMs = 100;
const settleTries = 50;

const seeItQuiet = async (container: Container, how: 'stop' | 'pause', containers: Containers): Promise<Container> => {
  const wanted = how === 'stop' ? ['exited', 'created', 'dead'] : ['paused'];
  for (let tries = 0; ; tries += 1) {
    const now = await containers.find({ name: container.id });
    if (wanted.includes(now.state)) return now;
    if (tries >= settleTries) {
      throw new Problem(
        'quiesce-failed',
        `${container.name} was told to ${how}, and the engine calls it ${now.state}.`,
        'Look for what starts it again: a service, a watcher, a swarm.',
      );
    }
    await pause(settleMs);
  }
};

const runBefore = async (container: Container, containers: Containers, signal: AbortSignal): Promise<void> => {
  const { before } = readLabels(container.labels);
  if (before === null) return;
  const { code, stderr } = await containers.exec(container, { argv: ['sh', '-c', before] }, signal);
  if (code === 0) return;
  throw new Problem(
    'quiesce-failed',
    `berth.before of ${container.name} ended with ${code === null ? 'a signal' : `code ${code}`}: ${stderr.slice(-3).join(' ') || 'it said nothing'}`,
    `Try it by hand: docker exec ${container.name} sh -c '…'`,
  );
};

const failed = (group: ContainerGroup, cause: unknown): unknown => {
  if (!(cause instanceof Problem)) return cause;
  if (cause.code === 'quiesce-failed') return cause;
  return new Problem('quiesce-failed', `${group.name} was not made quiet: ${cause.message}`, cause.remedy, { cause });
};

const noWayBack = ({ name }: Container): Problem =>
  new Problem(
    'quiesce-failed',
    `${name} was left running and not copied: it was started with --rm, and stopping it would remove it with its data.`,
    'Start it without --rm, or write pause where stop stands.',
  );

const tooLong = (group: ContainerGroup): Problem =>
  new Problem(
    'quiesce-timeout',
    `${group.name} was down for ${Math.round(group.timeoutMs / 1000)} s, which is as long as it may be, and was started again.`,
    'Give it more time (berth.timeout, or timeout: in agent.yaml), or let berth take snapshots of the file system: snapshots: auto',
  );
