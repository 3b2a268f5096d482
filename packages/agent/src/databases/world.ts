import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Home } from '../config/home.ts';
import type { Container, Containers, ExecRequest, Quiesce } from '../containers/containers.ts';
import type { Things } from '../recover/things.ts';
import type { EngineWorld } from './engine.ts';
import { runHostTool } from './host-tool.ts';
import type { Place } from './place.ts';
import { makeScratch } from './scratch.ts';
import { readPrivate, readSecret } from './secret.ts';
import { wait } from './wait.ts';

/** What the engines of a run are given: this machine's tools, its containers, its files. Ending `signal` ends what runs by it. */
export const engineWorld = (about: {
  readonly home: Pick<Home, 'state'>;
  readonly containers: Containers | null;
  readonly things: Things;
  readonly quiesce: Quiesce;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}): EngineWorld => {
  const { home, containers, things, quiesce, env } = about;
  return {
    run: async (place, command, signal) => {
      const either = AbortSignal.any([signal, about.signal]);
      if (place.kind !== 'container') return runHostTool(command, env, either);
      const engine = theEngine(containers);
      const { as, ...request } = command;
      return execNoted(engine, await engine.find(place.container), { ...request, user: as ?? null }, things, either);
    },
    addressOf: async (place, port) => {
      if (place.kind === 'tcp') return { host: place.host, port: place.port ?? port };
      if (place.kind !== 'container') return { host: '127.0.0.1', port };
      return addressIn(await theEngine(containers).find(place.container), port);
    },
    containers,
    quiesce,
    things,
    request: fetch,
    secret: readSecret,
    privateText: readPrivate,
    scratch: () => makeScratch(join(home.state, 'scratch'), things),
    now: () => new Date(),
    sleep: (delayMs, signal) => wait(delayMs, AbortSignal.any([signal, about.signal])),
  };
};

/** Runs it with its number in the book: a process in a container outlives the agent that started it. */
const execNoted = async (
  engine: Containers,
  container: Container,
  request: ExecRequest,
  things: Things,
  signal: AbortSignal,
): ReturnType<Containers['exec']> => {
  const { id, startedAt } = container;
  const notes: Awaited<ReturnType<Things['note']>>[] = [];
  const onPid = async (pid: number): Promise<void> => {
    notes.push(await things.note({ kind: 'exec', container: id, startedAt, pid }));
  };
  try {
    const end = await engine.exec(container, { ...request, onPid }, signal);
    for (const { done } of notes) await done();
    return end;
  } catch (error) {
    // Where the engine went away the process may still run: recover looks.
    if (!(error instanceof Problem && error.code === 'engine-away')) for (const { done } of notes) await done();
    throw error;
  }
};

/** Where a container's port is reached from here: as published, which is the only way with rootless engines, or at its own address. */
export const addressIn = (container: Container, port: number): { readonly host: string; readonly port: number } => {
  const published = container.published.filter(({ inside }) => inside === port);
  const near = published.find(({ host }) => loopbackOf.has(host)) ?? published[0];
  if (near !== undefined) return { host: loopbackOf.get(near.host) ?? near.host, port: near.port };
  const [address] = container.addresses;
  if (address !== undefined) return { host: address, port };
  throw new Problem(
    'database-unreachable',
    `The container ${container.name} has no address that berth could reach port ${port} at.`,
    `Publish the port on this machine only: ports: ["127.0.0.1:${port}:${port}"].`,
  );
};

/** What is published on all addresses is on loopback too. */
const loopbackOf: ReadonlyMap<string, string> = new Map([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['', '127.0.0.1'],
  ['::1', '::1'],
  ['::', '::1'],
]);

/** What is to be found in a container needs an engine that answers. */
export const theEngine = (containers: Containers | null): Containers => {
  if (containers !== null) return containers;
  throw new Problem(
    'engine-away',
    'No engine of containers answers here.',
    'Start it, or name its socket in agent.yaml: containers: { engine: unix:///var/run/docker.sock }.',
  );
};

/** For messages: `the container shop-db-1`, `db.lan:5432`. */
export const placeName = (place: Place): string => {
  if (place.kind === 'host') return 'this machine';
  if (place.kind === 'socket') return place.path;
  if (place.kind === 'tcp') return place.port === null ? place.host : `${place.host}:${place.port}`;
  const { container } = place;
  return 'name' in container
    ? `the container ${container.name}`
    : `the container of ${container.project}/${container.service}`;
};
