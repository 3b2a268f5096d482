import { stat } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import type { Home } from '../config/home.ts';
import type { Containers } from '../containers/containers.ts';
import { type Book, openBook } from './book.ts';
import { putRight } from './put-right.ts';
import { brokenFile, type Entry, isLeftBehind } from './state-file.ts';
import type { Noted } from './things.ts';

/** A container that a run stopped, paused or ran a hook in. */
export type ContainerThing = Noted & { readonly kind: 'container' };

/** What came of a container that was to run again. `gone`: removed by somebody, with nothing in its place. */
export interface Restarted {
  readonly thing: ContainerThing;
  readonly outcome: 'started' | 'running' | 'gone' | 'failed';
  /** For people, where there is more to say. */
  readonly words: string | null;
}

/** What recover takes from the world. */
export interface RecoverWorld {
  readonly now: () => Date;
  /** The engine of containers; null where none is set or answers. Asked once, and only where something was done to containers. Throws 'engine-away'. */
  readonly containers: () => Promise<Containers | null>;
  /**
   * Has them run again, in the order they need one another, by id, else by project, service and number, else by name. One that runs is right
   * already. Answers for each; throws 'engine-away', 'cancelled'. `onEnd` is told of each as soon as it is known.
   */
  readonly restartContainers: (
    containers: Containers,
    stopped: readonly ContainerThing[],
    onEnd: (end: Restarted) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Starts a systemd unit and sees it run. Throws 'not-started-again'. */
  readonly startUnit: (thing: Noted & { readonly kind: 'unit' }, signal: AbortSignal) => Promise<void>;
  /** Puts an engine's setting back. Throws 'entry-gone' where agent.yaml has no such entry any more, and what the engine throws. */
  readonly putBack: (thing: Noted & { readonly kind: 'undo' }, signal: AbortSignal) => Promise<void>;
  /** Unmounts and removes a file system's snapshot; well where there is none. Throws 'not-removed'. */
  readonly removeSnapshot: (thing: Noted & { readonly kind: 'snapshot' }, signal: AbortSignal) => Promise<void>;
}

/** One thing that was put right, or is still to be: `reason` is null where all is well. */
export interface Recovered {
  readonly kind: Noted['kind'];
  /** For people: `container shop-db-1`. */
  readonly what: string;
  /** `kept`: stays in the book, and the next recover tries again. `lost`: nothing can be done about it any more. */
  readonly outcome: 'done' | 'kept' | 'lost';
  /** 'not-started-again', 'engine-away', 'not-removed', 'cancelled' and others. */
  readonly reason: string | null;
  readonly words: string | null;
}

/** All that recover did. `broken` is where the state file lies that could not be read: a person has to look. */
export interface RecoverEnd {
  readonly things: readonly Recovered[];
  readonly broken: string | null;
}

/**
 * Puts right what a run that did not end by itself left behind: ends its programs, has containers and units run again, puts settings back,
 * removes snapshots and folders. What living processes noted is theirs. Idempotent, also when it is killed itself; what can't be put right now
 * stays noted. The caller holds the lock of runs. Throws only 'state-unwritable'.
 */
export const recover = async (
  home: Pick<Home, 'unfinished' | 'state'>,
  world: RecoverWorld,
  signal: AbortSignal,
): Promise<RecoverEnd> => {
  const book = openBook(home.unfinished, world.now);
  const left: Entry[] = [];
  for (const entry of await book.entries()) if (await isLeftBehind(entry)) left.push(entry);
  const things: Recovered[] = [];
  await using engine = engineOnce(world);
  for (const kind of order) {
    const entries = left.filter((entry) => entry.thing.kind === kind);
    if (kind === 'container') things.push(...(await restart(entries, { book, engine, world, signal })));
    else {
      for (const entry of entries) {
        const end = await putRight(entry.thing, { world, state: home.state, containers: engine.get, signal });
        if (end.outcome !== 'kept') await book.strike([entry.id]);
        things.push(end);
      }
    }
  }
  const broken = brokenFile(home.unfinished);
  return { things, broken: (await stat(broken).catch(() => null)) === null ? null : broken };
};

/** Whether all is as it should be. */
export const isRight = ({ things, broken }: RecoverEnd): boolean =>
  broken === null && things.every(({ outcome }) => outcome === 'done');

/** First what might still write, then what people miss, then what only takes room. */
const order: readonly Noted['kind'][] = ['process', 'exec', 'container', 'unit', 'undo', 'snapshot', 'folder'];

interface Engine extends AsyncDisposable {
  /** Throws 'engine-away' each time, once it was. */
  readonly get: () => Promise<Containers>;
}

const engineOnce = (world: RecoverWorld): Engine => {
  let opened: Promise<Containers> | null = null;
  const open = async (): Promise<Containers> => {
    const containers = await world.containers();
    if (containers !== null) return containers;
    throw new Problem('engine-away', 'No engine of containers answers here.', 'Start Docker or Podman.');
  };
  return {
    get: () => {
      opened ??= open();
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      const containers = await opened?.catch(() => null);
      await containers?.[Symbol.asyncDispose]();
    },
  };
};

/** All containers at once, as they need one another. */
const restart = async (
  entries: readonly Entry[],
  { book, engine, world, signal }: { book: Book; engine: Engine; world: RecoverWorld; signal: AbortSignal },
): Promise<readonly Recovered[]> => {
  const stopped = entries.flatMap(({ thing }) => (thing.kind === 'container' ? [thing] : []));
  if (stopped.length === 0) return [];
  const ends = new Map<Noted, Recovered>();
  const onEnd = async (end: Restarted): Promise<void> => {
    ends.set(end.thing, recoveredOf(end));
    if (end.outcome !== 'failed')
      await book.strike(entries.flatMap((entry) => (entry.thing === end.thing ? [entry.id] : [])));
  };
  let cause: unknown = null;
  try {
    await world.restartContainers(await engine.get(), stopped, onEnd, signal);
  } catch (error) {
    if (error instanceof Problem && error.code === 'state-unwritable') throw error;
    cause = error;
  }
  return stopped.map(
    (thing) =>
      ends.get(thing) ?? {
        ...{ kind: 'container', what: `container ${thing.name}`, outcome: 'kept' },
        reason: cause instanceof Problem ? cause.code : 'not-started-again',
        words: cause instanceof Error ? cause.message : 'It was not started again.',
      },
  );
};

const recoveredOf = ({ thing, outcome, words }: Restarted): Recovered => {
  const about = { kind: 'container', what: `container ${thing.name}` } as const;
  switch (outcome) {
    case 'started':
      return { ...about, outcome: 'done', reason: null, words: words ?? 'started again' };
    case 'running':
      return { ...about, outcome: 'done', reason: null, words };
    case 'gone':
      return {
        ...about,
        outcome: 'lost',
        reason: 'gone',
        words: words ?? 'somebody removed it; nothing stands in its place',
      };
    case 'failed':
      return { ...about, outcome: 'kept', reason: 'not-started-again', words };
  }
};
