import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Container } from './containers.ts';
import { openContainers } from './docker.ts';

/** What a process does in the fake engine: what it writes, and its code. `refused` is what an engine says on stdout instead of starting it. */
export interface FakeProcess {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code: number;
  readonly refused?: boolean;
  /** How often the engine says that it still runs, with code 0, after its streams have ended: Podman 4.3. */
  readonly runsOn?: number;
}

/** How the fake engine behaves where engines differ, and what goes wrong. */
export interface FakeOptions {
  readonly dialect?: 'docker' | 'podman';
  readonly run?: (argv: readonly string[], user: string | null) => FakeProcess;
  /** Before each change: throws to have the engine refuse it. */
  readonly onChange?: (verb: string, container: Container) => void | Promise<void>;
}

/** A container engine on a socket of its own, with what the real ones answer for as far as berth asks. For tests. */
export const withFakeEngine = async (containers: readonly Container[], options: FakeOptions = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const socket = join(folder, 'e.sock');
  const all = new Map(containers.map((container) => [container.id, container]));
  const asked: string[] = [];
  const processes = new Map<
    string,
    { readonly argv: readonly string[]; readonly user: string | null; runsOn: number }
  >();
  let starts = 0;
  const change = (id: string, more: Partial<Container>): void => {
    const container = all.get(id);
    if (container !== undefined) all.set(id, { ...container, ...more });
  };
  const find = (name: string): Container | undefined =>
    all.get(name) ?? [...all.values()].find((container) => container.name === name);
  const answer = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 204 || status === 304 ? '' : JSON.stringify(body));
  };
  const verbs: Readonly<Record<string, (container: Container) => readonly [number, string]>> = {
    stop: ({ id, state }) => {
      if (state === 'exited') return [304, ''];
      if (state === 'paused' && options.dialect === 'podman') return [500, 'container is paused'];
      change(id, { state: 'exited' });
      return [204, ''];
    },
    start: ({ id, state }) => {
      if (state === 'running') return [304, ''];
      starts += 1;
      change(id, { state: 'running', startedAt: `2026-11-14T04:00:0${starts % 10}Z` });
      return [204, ''];
    },
    pause: ({ id, state }) => {
      if (state !== 'running') return [options.dialect === 'podman' ? 500 : 409, `it is ${state}`];
      change(id, { state: 'paused' });
      return [204, ''];
    },
    unpause: ({ id, state }) => {
      if (state !== 'paused') return [500, `it is ${state}`];
      change(id, { state: 'running' });
      return [204, ''];
    },
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://engine');
    const [kind, name = '', verb = ''] = pathname.slice(1).split('/');
    if (pathname === '/_ping') return answer(response, 200, 'OK');
    if (pathname === '/containers/json')
      return answer(
        response,
        200,
        [...all.keys()].map((Id) => ({ Id })),
      );
    if (kind === 'exec' && verb === 'json') {
      const process = processes.get(name);
      if (process === undefined) return answer(response, 404, { message: 'no such exec' });
      const isRunning = process.runsOn > 0;
      process.runsOn -= 1;
      const { code } = options.run?.(process.argv, process.user) ?? { code: 0 };
      return answer(response, 200, { Running: isRunning, ExitCode: isRunning ? 0 : code, Pid: 0 });
    }
    const container = find(name);
    if (container === undefined) return answer(response, 404, { message: `No such container: ${name}` });
    if (verb === 'json') return answer(response, 200, inspected(container));
    if (verb === 'exec') {
      const { Cmd, User } = JSON.parse(await text(request));
      const id = `exec${processes.size}`;
      processes.set(id, { argv: Cmd, user: User ?? null, runsOn: 0 });
      return answer(response, 201, { Id: id });
    }
    const act = verbs[verb];
    if (act === undefined) return answer(response, 403, { message: 'not allowed' });
    asked.push(`${verb} ${container.name}`);
    try {
      await options.onChange?.(verb, container);
    } catch (error) {
      return answer(response, 500, { message: error instanceof Error ? error.message : 'no' });
    }
    const [status, message] = act(container);
    answer(response, status, { message });
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => answer(response, 500, { message: String(error) }));
  });
  const streams = new Set<Duplex>();
  server.on('upgrade', (request, stream: Duplex) => {
    streams.add(stream);
    stream.on('error', () => undefined);
    const id = request.url?.split('/')[2] ?? '';
    const process = processes.get(id);
    if (process === undefined) return void stream.destroy();
    stream.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    const isWrapped = process.argv[2]?.startsWith('echo "berth-pid') === true;
    const argv = isWrapped ? process.argv.slice(4) : process.argv;
    processes.set(id, { ...process, argv });
    const { stdout = '', stderr = '', refused = false, runsOn = 0 } = options.run?.(argv, process.user) ?? { code: 0 };
    processes.set(id, { ...process, argv, runsOn });
    const end = (): void => {
      if (stderr !== '') stream.write(framed(2, stderr));
      if (stdout !== '') stream.write(framed(1, stdout));
      stream.end();
    };
    if (refused || !isWrapped) return end();
    stream.write(framed(2, 'berth-pid 7\n'));
    stream.once('data', end);
  });
  server.listen(socket);
  await once(server, 'listening');
  const opened = await openContainers(`unix://${socket}`, {});
  return {
    containers: opened,
    where: `unix://${socket}`,
    /** Changes that were asked for, in their order: `stop shop-db-1`. */
    asked,
    stateOf: (name: string) => find(name)?.state ?? null,
    change: (name: string, more: Partial<Container>): void => change(find(name)?.id ?? '', more),
    /** As `docker rm` and `docker run` would: gone, or there under a new id. */
    remove: (name: string): void => void all.delete(find(name)?.id ?? ''),
    add: (container: Container): void => void all.set(container.id, container),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await opened[Symbol.asyncDispose]();
      for (const stream of streams) stream.destroy();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** As an engine multiplexes a process's streams. */
export const framed = (stream: 1 | 2, words: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(words);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};

const inspected = (container: Container): unknown => {
  const { id, name, image, state, startedAt, exitCode, stopSeconds, labels, mounts, compose, health } = container;
  const needs = compose?.dependsOn.map(
    ({ service, healthy }) => `${service}:${healthy ? 'service_healthy' : 'service_started'}:false`,
  );
  const made = compose && {
    'com.docker.compose.project': compose.project,
    'com.docker.compose.service': compose.service,
    'com.docker.compose.container-number': compose.number,
    'com.docker.compose.oneoff': compose.oneOff ? 'True' : 'False',
    'com.docker.compose.depends_on': needs?.join(',') ?? '',
  };
  return {
    Id: id,
    Name: `/${name}`,
    State: {
      Status: state,
      StartedAt: startedAt,
      ExitCode: exitCode,
      ...(health !== null && { Health: { Status: health } }),
    },
    Config: { Image: image, StopTimeout: stopSeconds, Labels: { ...labels, ...made } },
    HostConfig: {
      NetworkMode: container.joins[0] === undefined ? 'bridge' : `container:${container.joins[0]}`,
      AutoRemove: container.goesWhenStopped === true,
    },
    Mounts: mounts.map(({ kind, source, target, writable }) => ({
      ...{ Type: kind, Source: source, Destination: target, RW: writable },
    })),
    NetworkSettings: { Networks: {}, Ports: {} },
  };
};
