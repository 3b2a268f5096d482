import { Problem } from '@berth/common/problem.ts';
import type { Container, Down, Group } from './containers.ts';
import type { QuiesceWorld } from './quiesce.ts';
import { type ContainerThing, locate, type Restarted, restartContainers } from './restart.ts';

/** A container that was made quiet, and is in the book. */
export interface Held {
  readonly thing: ContainerThing;
  /** As it was before, and once it was quiet; null when it was not seen quiet. */
  readonly container: Container;
  after: Container | null;
  readonly note: { readonly done: () => Promise<void> };
}

const engineTries = 30;
const engineDelayMs = 2_000;

/** Has a group run again; see `Down.up`. An engine that is being restarted itself is waited for, for a minute. */
export const raise = async (
  group: Group & { readonly kind: 'containers' },
  held: readonly Held[],
  world: QuiesceWorld & { readonly began: number },
): ReturnType<Down['up']> => {
  const { containers, began, elapsed } = world;
  const meanwhile: string[] = [];
  const warnings: string[] = [];
  const left = new Set(held);
  const failed: Restarted[] = [];
  const never = new AbortController().signal;
  for (let tries = 1; left.size > 0; tries += 1) {
    try {
      if (tries === 1) meanwhile.push(...startedMeanwhile(held, await containers.list()));
      const things = [...left].map(({ thing }) => thing);
      failed.length = 0;
      await restartContainers(containers, things, (end) => take(end, left, failed, warnings), never, {
        sleep: world.sleep,
        onStart: (place, moment) => {
          if (place === 1) return world.at?.(moment === 'sent' ? 'start-1-sent' : 'start-1-done');
        },
      });
      break;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'engine-away' || tries >= engineTries) {
        throw notStarted(group.name, [...left], error instanceof Error ? error.message : String(error), error);
      }
      await world.sleep(engineDelayMs, never);
    }
  }
  await world.at?.('all-started');
  if (failed.length > 0) {
    const words = failed.map(({ thing, words: said }) => `${thing.name}: ${said ?? 'it does not run'}`).join('; ');
    throw notStarted(group.name, [...left], words, null);
  }
  for (const { container, after } of held) {
    if (group.how === 'stop' && after !== null && after.exitCode === killed) {
      warnings.push(
        `${container.name} did not end within ${container.stopSeconds} s and was killed: what it had not written yet is missing in the copy.`,
      );
    }
  }
  await world.at?.('state-cleared');
  return { downMs: Math.round(elapsed() - began), meanwhile, warnings };
};

/** What a process ended by KILL leaves as its code. */
const killed = 137;

const take = async (end: Restarted, left: Set<Held>, failed: Restarted[], warnings: string[]): Promise<void> => {
  const one = [...left].find(({ thing }) => thing === end.thing);
  if (one === undefined) return;
  if (end.outcome === 'failed') {
    failed.push(end);
    return;
  }
  left.delete(one);
  await one.note.done();
  const { name } = end.thing;
  if (end.outcome === 'gone' && end.words === null) warnings.push(`${name} was removed while it was down.`);
  else if (end.words !== null) warnings.push(`${name}: ${end.words}`);
};

/** Names of those that somebody else started, or that were made anew and run, since they were seen quiet. */
const startedMeanwhile = (held: readonly Held[], all: readonly Container[]): readonly string[] =>
  held.flatMap(({ thing, after }) => {
    if (thing.how === 'exec' || after === null) return [];
    const now = locate(thing, all);
    if (now === null) return [];
    const isQuiet =
      thing.how === 'stop' ? now.state !== 'running' && now.state !== 'restarting' : now.state === 'paused';
    const isSame = now.id !== after.id || now.startedAt === after.startedAt;
    return isQuiet && isSame ? [] : [now.name];
  });

const notStarted = (name: string, held: readonly Held[], words: string, cause: unknown): Problem =>
  new Problem(
    'not-started-again',
    `${name} was made quiet for its copy and does not run again: ${words.slice(0, 500)}`,
    `Start it by hand (docker start ${held.map(({ thing }) => thing.name).join(' ')}), or let berth try again: berth recover`,
    { cause },
  );
