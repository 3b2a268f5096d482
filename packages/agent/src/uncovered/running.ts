import type { Container } from '../containers/containers.ts';
import type { EngineName } from '../databases/engine.ts';
import { engineOfImage, engineOfProcess, type Known, known } from './known.ts';
import { listeningPorts, listeningSockets, openFiles, type Process, processes } from './proc.ts';

/** A database that runs here. */
export interface Running {
  readonly engine: EngineName;
  /** How it can be reached, as far as it shows. */
  readonly at:
    | { readonly kind: 'here'; readonly port: number | null; readonly socket: string | null }
    | { readonly kind: 'container'; readonly id: string; readonly container: Container | null }
    | { readonly kind: 'file'; readonly path: string };
  /** Whether only its port says so: anything could listen there. */
  readonly isGuess: boolean;
  /** The process that shows it, null where it is not seen. */
  readonly process: string | null;
}

/**
 * What runs here by the look of processes, ports, sockets and containers. Reads only; what this user may not see is not there. `containers` are
 * those of the engine, none where it is not asked.
 */
export const runningDatabases = async (proc: string, containers: readonly Container[]): Promise<readonly Running[]> => {
  const [all, ports, sockets] = await Promise.all([processes(proc), listeningPorts(proc), listeningSockets(proc)]);
  const found = all.flatMap((process) => {
    const engine = engineOfProcess(process.name, process.commandLine);
    return engine === null ? [] : [{ process, engine }];
  });
  const here = found.filter(({ process }) => process.container === null);
  const seen = await Promise.all(here.map((one) => runningHere(proc, one, { ports, sockets })));
  const inContainers = runningInContainers(
    containers,
    found.filter(({ process }) => process.container !== null),
  );
  const named = [...distinct(seen.flat()), ...inContainers];
  return [...named, ...guesses(named, containers, [...ports.values()])];
};

/** One process may serve several ports and a master many children: an engine is told by its port. */
const distinct = (all: readonly Running[]): readonly Running[] => {
  const withPort = all.filter(({ at }) => at.kind === 'here' && at.port !== null);
  const without = all.filter(({ engine }) => !withPort.some((other) => other.engine === engine));
  const key = ({ engine, at }: Running): string => `${engine} ${at.kind === 'here' ? at.port : ''}`;
  return [...new Map([...without, ...withPort].map((one) => [key(one), one])).values()];
};

const runningHere = async (
  proc: string,
  { process, engine }: { readonly process: Process; readonly engine: Known },
  { ports, sockets }: { readonly ports: ReadonlyMap<string, number>; readonly sockets: readonly string[] },
): Promise<readonly Running[]> => {
  const inodes = (await openFiles(proc, process.pid)).flatMap(
    ({ target }) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [],
  );
  const own = [...new Set(inodes.flatMap((inode) => ports.get(inode) ?? []))];
  const usual = [...ports.values()].includes(engine.port) ? engine.port : null;
  // Several: the usual one, or the lowest, which is the one for clients with every engine here.
  const port = own.includes(engine.port) ? engine.port : own.length > 0 ? Math.min(...own) : usual;
  const named = sockets.filter((path) => socketOf[engine.engine]?.test(path));
  // PostgreSQL's says its port.
  const socket = named.find((path) => path.endsWith(`.${port}`)) ?? named.find((path) => !/\.\d+$/.test(path)) ?? null;
  return [{ engine: engine.engine, at: { kind: 'here', port, socket }, isGuess: false, process: process.name }];
};

/** What their sockets are called. */
const socketOf: Partial<Record<EngineName, RegExp>> = {
  postgres: /\/\.s\.PGSQL\.\d+$/,
  mariadb: /\/(?:mysqld|mysql|mariadb)\.sock$/,
  mysql: /\/(?:mysqld|mysql)\.sock$/,
  redis: /\/redis[^/]*\.sock$/,
  valkey: /\/valkey[^/]*\.sock$/,
};

/** By what runs in it, or where that does not show by its image; those that do not run are nobody's database now. */
const runningInContainers = (
  containers: readonly Container[],
  found: readonly { readonly process: Process; readonly engine: Known }[],
): readonly Running[] => {
  const byId = new Map(found.map(({ process, engine }) => [process.container ?? '', { process, engine }]));
  const listed = containers.flatMap((container): readonly Running[] => {
    const inside = byId.get(container.id);
    const engine = (engineOfImage(container.image) ?? inside?.engine)?.engine;
    if (engine === undefined || (container.state !== 'running' && container.state !== 'paused')) return [];
    const at = { kind: 'container', id: container.id, container } as const;
    return [{ engine, at, isGuess: false, process: inside?.process.name ?? null }];
  });
  const unlisted = [...byId].filter(([id]) => !containers.some((container) => container.id === id));
  return [
    ...listed,
    ...unlisted.map(([id, { process, engine }]): Running => {
      return {
        engine: engine.engine,
        at: { kind: 'container', id, container: null },
        isGuess: false,
        process: process.name,
      };
    }),
  ];
};

/** A usual port at which none of those listens: without root, or behind another program. Ports that containers publish are theirs. */
const guesses = (
  named: readonly Running[],
  containers: readonly Container[],
  ports: readonly number[],
): readonly Running[] => {
  const published = new Set(containers.flatMap((container) => container.published.map(({ port }) => port)));
  return known.flatMap(({ engine, port }, index): readonly Running[] => {
    const isFirst = known.findIndex((other) => other.port === port) === index;
    const isTaken = named.some(({ at }) => at.kind === 'here' && at.port === port) || published.has(port);
    if (!isFirst || isTaken || !ports.includes(port) || vague.has(port)) return [];
    return [{ engine, at: { kind: 'here', port, socket: null }, isGuess: true, process: null }];
  });
};

/** Ports that many other programs like as well. */
const vague: ReadonlySet<number> = new Set([9000, 9090, 8086, 8200]);
