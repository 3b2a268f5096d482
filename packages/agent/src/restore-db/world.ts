import { Problem } from '@berth/common/problem.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Container, Containers } from '../containers/containers.ts';
import { openContainers } from '../containers/docker.ts';
import type { AtKillPoint } from '../containers/kill-points.ts';
import { labelledDatabases } from '../containers/labelled-databases.ts';
import { quiesceContainers } from '../containers/quiesce.ts';
import type { EngineWorld } from '../databases/engine.ts';
import type { DatabaseEntry } from '../databases/entries.ts';
import { wait } from '../databases/wait.ts';
import { engineWorld } from '../databases/world.ts';
import { openBook } from '../recover/book.ts';
import { execOn } from '../services/exec.ts';
import { quiesceBy } from '../services/quiesce.ts';

/** What a person's command has of the world of databases. Disposing lets go of the containers' engine. */
export interface OpenWorld extends AsyncDisposable {
  readonly world: EngineWorld;
  /** Those of agent.yaml, then those that labels ask for. */
  readonly entries: readonly DatabaseEntry[];
  /** All that the engine shows; none where it is not asked. */
  readonly containers: readonly Container[];
  /** Why containers are not seen, and which labels make no entry. */
  readonly problems: readonly Problem[];
}

/** Opens it. Containers are looked for only where agent.yaml names any. Never throws for an engine that is away. */
export const openWorld = async (about: {
  readonly home: Home;
  readonly config: Pick<AgentConfig, 'containers' | 'databases'>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Moments at which a test kills. */
  readonly at?: AtKillPoint | undefined;
}): Promise<OpenWorld> => {
  const { home, config, env, signal, at } = about;
  const { engine, containers, problem } = await findContainers(config, env);
  const labelled = config.containers?.labels === true ? labelledDatabases(containers, config.databases) : [];
  const things = openBook(home.unfinished, () => new Date(), at);
  const time = { things, elapsed: () => performance.now(), sleep: wait };
  const quiesce = quiesceBy({
    ...time,
    exec: execOn(env),
    containers:
      engine === null
        ? { down: async () => Promise.reject(noEngine()) }
        : quiesceContainers({ ...time, containers: engine, at }),
  });
  return {
    world: engineWorld({ home, containers: engine, things, quiesce, env, signal }),
    entries: [...config.databases, ...labelled.flatMap(({ entry }) => (entry === null ? [] : [entry]))],
    containers,
    problems: [...(problem === null ? [] : [problem]), ...labelled.flatMap((one) => one.problem ?? [])],
    [Symbol.asyncDispose]: async () => engine?.[Symbol.asyncDispose](),
  };
};

interface Found {
  readonly engine: Containers | null;
  readonly containers: readonly Container[];
  readonly problem: Problem | null;
}

const findContainers = async (
  config: Pick<AgentConfig, 'containers' | 'databases'>,
  env: NodeJS.ProcessEnv,
): Promise<Found> => {
  const isWanted = config.databases.some((entry) => 'at' in entry && entry.at.kind === 'container');
  if (config.containers === null && !isWanted) return { engine: null, containers: [], problem: null };
  let engine: Containers | null = null;
  try {
    engine = await openContainers(config.containers?.engine ?? null, env);
    return { engine, containers: await engine.list(), problem: null };
  } catch (error) {
    await engine?.[Symbol.asyncDispose]();
    if (error instanceof Problem) return { engine: null, containers: [], problem: error };
    throw error;
  }
};

const noEngine = (): Problem =>
  new Problem('engine-away', 'No engine of containers answers here.', 'Start Docker or Podman.');
