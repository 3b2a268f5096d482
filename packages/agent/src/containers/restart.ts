import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type { Noted } from '../recover/things.ts';
import type { Container, Containers } from './containers.ts';
import { readLabels } from './labels.ts';
import { needsOf, startOrder } from './order.ts';

/** A container that was stopped, paused, or had a hook run in it. */
export type ContainerThing = Noted & { readonly kind: 'container' };

/** What came of one. `gone`: removed by somebody, with nothing in its place. `words` are for people, where there is more to say. */
export interface Restarted {
  readonly thing: ContainerThing;
  readonly outcome: 'started' | 'running' | 'gone' | 'failed';
  readonly words: string | null;
}

/** What a restart takes from the world besides the engine. */
export interface RestartWorld {
  /** Resolves early when aborted. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** Told the place of each start, from 1, while the engine is at it, and when it was seen. */
  readonly onStart?: (place: number, moment: 'sent' | 'done') => void | Promise<void>;
}

/** As long as one that others need healthy is waited for; they are started then all the same. */
const healthyWithinMs = 60_000;
const runsWithinMs = 10_000;
const lookEveryMs = 200;

/**
 * Has containers run again: found by id, else by compose project, service and number, else by name, for one may have been made anew meanwhile;
 * those that others need first; what was paused goes on, what runs is right already. Answers for each, as soon as it is known. One that
 * does not start keeps no other from being started. Throws 'engine-away' (those not answered for are as they were), and 'cancelled' between two.
 */
export const restartContainers = async (
  containers: Containers,
  stopped: readonly ContainerThing[],
  onEnd: (end: Restarted) => Promise<void>,
  signal: AbortSignal,
  world: RestartWorld = realWorld,
): Promise<void> => {
  const all = await containers.list();
  const found = new Map<Container, ContainerThing[]>();
  for (const thing of stopped) {
    const container = locate(thing, all);
    if (container === null) await onEnd({ thing, outcome: 'gone', words: null });
    else found.set(container, [...(found.get(container) ?? []), thing]);
  }
  let place = 0;
  for (const container of startOrder([...found.keys()])) {
    if (signal.aborted) throw new Problem('cancelled', 'Stopped.', 'Run berth recover.');
    place += 1;
    const things = found.get(container) ?? [];
    const tell = (moment: 'sent' | 'done') => world.onStart?.(place, moment);
    const late = await waitForNeeds(container, containers, all, world, signal);
    const end = await raise(container, things, containers, { world, signal, tell });
    const words = [late, end.words].filter((said) => said !== null).join(' ');
    for (const thing of things) await onEnd({ thing, outcome: end.outcome, words: words === '' ? null : words });
    await tell('done');
  }
};

const realWorld: RestartWorld = {
  sleep: async (delayMs, signal) => {
    await pause(delayMs, undefined, { signal }).catch(() => undefined);
  },
};

/** The container that stands for what was noted now; null when there is none. */
export const locate = (thing: ContainerThing, all: readonly Container[]): Container | null => {
  const { id, name, compose } = thing;
  const same = all.find((container) => container.id === id);
  if (same !== undefined) return same;
  const inItsPlace =
    compose === null
      ? undefined
      : all.find(
          (container) =>
            container.compose?.oneOff === false &&
            container.compose.project === compose.project &&
            container.compose.service === compose.service &&
            container.compose.number === compose.number,
        );
  return inItsPlace ?? all.find((container) => container.name === name) ?? null;
};

type Raised = Pick<Restarted, 'outcome' | 'words'>;

const raise = async (
  container: Container,
  things: readonly ContainerThing[],
  containers: Containers,
  about: { readonly world: RestartWorld; readonly signal: AbortSignal; readonly tell: (moment: 'sent') => unknown },
): Promise<Raised> => {
  try {
    const isUp = container.state === 'running' || container.state === 'restarting';
    if (things.every(({ how }) => how === 'exec')) return await runAfter(container, containers, about.signal);
    if (!isUp) {
      const starting = container.state === 'paused' ? containers.unpause(container) : containers.start(container);
      await Promise.all([starting, about.tell('sent')]);
      const words = await seeItRun(container, containers, about);
      if (words !== null) return { outcome: 'failed', words };
    }
    const after = things.some(({ how }) => how === 'exec')
      ? await runAfter(container, containers, about.signal)
      : { words: null };
    return { outcome: isUp ? 'running' : 'started', words: after.words };
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'engine-away' || error.code === 'cancelled') throw error;
    return { outcome: 'failed', words: error.message };
  }
};

/** Null once it runs; else why not. */
const seeItRun = async (
  container: Container,
  containers: Containers,
  { world, signal }: { readonly world: RestartWorld; readonly signal: AbortSignal },
): Promise<string | null> => {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const { state, exitCode } = await containers.find({ name: container.id });
    if (state === 'running' || state === 'restarting') return null;
    if (state === 'exited') return `it ended again at once, with code ${exitCode}`;
    if (waitedMs >= runsWithinMs) return `it does not come up: the engine calls it ${state}`;
    await world.sleep(lookEveryMs, signal);
  }
};

/** `berth.after`, which undoes what `berth.before` did. One that does not run has nothing to undo. */
const runAfter = async (container: Container, containers: Containers, signal: AbortSignal): Promise<Raised> => {
  const { after } = readLabels(container.labels);
  if (after === null) return { outcome: 'running', words: null };
  if (container.state !== 'running') {
    return { outcome: 'gone', words: `It is ${container.state}, so its berth.after was not run.` };
  }
  const { code, stderr } = await containers.exec(container, { argv: ['sh', '-c', after] }, signal);
  if (code === 0) return { outcome: 'running', words: null };
  return { outcome: 'failed', words: `its berth.after ended with code ${code}: ${stderr.join(' ')}` };
};

/** Waits for what has to be healthy first; words when that took too long. */
const waitForNeeds = async (
  container: Container,
  containers: Containers,
  all: readonly Container[],
  { sleep }: RestartWorld,
  signal: AbortSignal,
): Promise<string | null> => {
  const awaited = needsOf(container, all).filter(
    ({ healthy, container: needed }) => healthy && !needed.compose?.oneOff,
  );
  for (const { container: needed } of awaited) {
    for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
      const { health, state } = await containers.find({ name: needed.id });
      if (state !== 'running' || health === null || health === 'healthy') break;
      if (waitedMs >= healthyWithinMs || signal.aborted) {
        return `${needed.name}, which it needs, was not healthy after ${healthyWithinMs / 1000} s.`;
      }
      await sleep(lookEveryMs, signal);
    }
  }
  return null;
};
