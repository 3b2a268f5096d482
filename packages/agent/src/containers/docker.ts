import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type Docker from 'dockerode';
import { type EngineAddress, engineAddresses } from './address.ts';
import type { Container, ContainerRef, Containers } from './containers.ts';
import { away, engineProblem, statusOf } from './engine-error.ts';
import { execIn } from './exec.ts';
import { hostPathOf } from './host-path.ts';
import { containerOf } from './inspect.ts';

const answerWithinMs = 30_000;
/** On top of the grace that a container is given: the engine kills it then, and takes its mounts apart. */
const stopWithinMs = 60_000;
const startWithinMs = 120_000;
const inspectedAtOnce = 8;

/**
 * The engine at `setting` (`containers: { engine: … }` of agent.yaml), else DOCKER_HOST's, else the first of Docker's and Podman's usual sockets
 * that answers. Throws 'engine-away' when none does, 'engine-refused' for an address that is none.
 */
export const openContainers = async (
  setting: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Containers> => {
  const addresses = engineAddresses(setting, env);
  const failures: Problem[] = [];
  for (const address of addresses) {
    const { docker, close } = await connect(address);
    try {
      await answer(docker.ping());
      return containersOf(docker, address.where, close);
    } catch (cause) {
      close();
      failures.push(
        statusOf(cause) === null
          ? away(cause, address.where)
          : engineProblem(cause, address.where, 'ask whether it is there'),
      );
    }
  }
  const [first] = failures;
  if (first !== undefined && addresses.length === 1) throw first;
  // A socket that is there and shut tells more than three that are not there.
  const telling = failures.find(({ code, message }) => code === 'engine-refused' || message.includes('may not talk'));
  throw (
    telling ??
    new Problem(
      'engine-away',
      `No container engine answers: neither Docker's nor Podman's socket (${addresses.map(({ where }) => where).join(', ')}).`,
      'Start it (systemctl start docker, or podman.socket), or name it in agent.yaml: containers: { engine: … }',
      { cause: first },
    )
  );
};

const connect = async (address: EngineAddress): Promise<{ readonly docker: Docker; readonly close: () => void }> => {
  const { default: Engine } = await import('dockerode');
  // A connection a request: engines close idle ones at their own time, and a request on such a one is lost.
  const agent =
    'protocol' in address && address.protocol === 'https'
      ? new HttpsAgent({ keepAlive: false })
      : new HttpAgent({ keepAlive: false });
  const docker =
    'socketPath' in address
      ? // An empty host, or DOCKER_HOST's would be taken.
        new Engine({ socketPath: address.socketPath, host: '', protocol: 'http' })
      : new Engine({ host: address.host, port: address.port, protocol: address.protocol });
  // docker-modem takes one, and its types do not know.
  Object.assign(docker.modem, { agent });
  return { docker, close: () => agent.destroy() };
};

/** `ping` takes no signal. */
const answer = async (asked: Promise<unknown>): Promise<void> => {
  const waiting = new AbortController();
  const { signal } = waiting;
  const late = sleep(answerWithinMs, undefined, { signal, ref: false }).then(() => {
    throw new Error(`no answer within ${answerWithinMs / 1000} s`);
  });
  try {
    await Promise.race([asked, late]);
  } finally {
    late.catch(() => undefined);
    waiting.abort();
  }
};

const containersOf = (docker: Docker, where: string, close: () => void): Containers => {
  const call = async <Value>(asked: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (cause) {
      throw engineProblem(cause, where, asked);
    }
  };
  const inspect = async (id: string): Promise<Container> =>
    containerOf(await docker.getContainer(id).inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) }));
  const listed = async (labels: readonly string[]): Promise<readonly Container[]> => {
    const all = await docker.listContainers({
      all: true,
      ...(labels.length > 0 && { filters: { label: [...labels] } }),
      abortSignal: AbortSignal.timeout(answerWithinMs),
    });
    const found: Container[] = [];
    for (let first = 0; first < all.length; first += inspectedAtOnce) {
      const ids = all.slice(first, first + inspectedAtOnce).map(({ Id }) => Id);
      const batch = await Promise.all(ids.map((id) => unlessGone(inspect(id))));
      found.push(...batch.filter((container) => container !== null));
    }
    return found;
  };
  /** Engines answer 304 (Docker) or an error (Podman) to what is so already. */
  const reach = (
    asked: string,
    id: string,
    isSo: (state: Container['state']) => boolean,
    work: () => Promise<unknown>,
  ) =>
    call(asked, async () => {
      try {
        await work();
      } catch (cause) {
        const status = statusOf(cause);
        if (status === 304) return;
        if (status !== 409 && status !== 500) throw cause;
        if (!isSo((await inspect(id)).state)) throw cause;
      }
    });
  return {
    where,
    list: () => call('list its containers', () => listed([])),
    find: (ref) => find(ref, inspect, listed, call),
    hostPath: hostPathOf,
    exec: (container, request, signal) => execIn(docker, where, container, request, signal),
    readArchive: (container, path, signal) =>
      call(`copy ${path} out of ${container.name}`, async () => {
        const stream = await docker.getContainer(container.id).getArchive({ path, abortSignal: signal });
        return bytesOf(stream);
      }),
    writeArchive: (container, path, tar, signal) =>
      call(`copy into ${path} of ${container.name}`, async () => {
        await docker.getContainer(container.id).putArchive(Readable.from(tar), { path, abortSignal: signal });
      }),
    stop: (container, graceSeconds, signal) =>
      reach(`stop ${container.name}`, container.id, isDown, async () => {
        const handle = docker.getContainer(container.id);
        const deadline = AbortSignal.timeout(graceSeconds * 1000 + stopWithinMs);
        // Podman 4.3 does not stop what is paused.
        if ((await inspect(container.id)).state === 'paused') await handle.unpause({ abortSignal: deadline });
        await handle.stop({ t: graceSeconds, abortSignal: AbortSignal.any([signal, deadline]) });
      }),
    start: (container) =>
      reach(
        `start ${container.name}`,
        container.id,
        (state) => state === 'running',
        () => docker.getContainer(container.id).start({ abortSignal: AbortSignal.timeout(startWithinMs) }),
      ),
    pause: (container) =>
      reach(
        `pause ${container.name}`,
        container.id,
        (state) => state === 'paused',
        () => docker.getContainer(container.id).pause({ abortSignal: AbortSignal.timeout(answerWithinMs) }),
      ),
    unpause: (container) =>
      reach(
        `unpause ${container.name}`,
        container.id,
        (state) => state === 'running',
        () => docker.getContainer(container.id).unpause({ abortSignal: AbortSignal.timeout(answerWithinMs) }),
      ),
    [Symbol.asyncDispose]: async () => close(),
  };
};

const isDown = (state: Container['state']): boolean => state === 'exited' || state === 'created' || state === 'dead';

/** Null for one that was removed between the list and the question. */
const unlessGone = (container: Promise<Container>): Promise<Container | null> =>
  container.catch((error: unknown) => {
    if (statusOf(error) === 404) return null;
    throw error;
  });

const find = async (
  ref: ContainerRef,
  inspect: (id: string) => Promise<Container>,
  listed: (labels: readonly string[]) => Promise<readonly Container[]>,
  call: <Value>(asked: string, work: () => Promise<Value>) => Promise<Value>,
): Promise<Container> => {
  if ('name' in ref) {
    // The name becomes part of an address; and engines would also take the beginning of an id.
    const named = /^[a-zA-Z0-9][\w.-]*$/.test(ref.name)
      ? await call(`look at ${ref.name}`, () => unlessGone(inspect(ref.name)))
      : null;
    if (named?.name === ref.name || named?.id === ref.name) return named;
    throw missing(`container "${ref.name}"`);
  }
  const { project, service } = ref;
  const all = await call(`look for ${project}/${service}`, () =>
    listed([`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]),
  );
  const [first] = all
    .filter(({ compose }) => compose?.project === project && compose.service === service && !compose.oneOff)
    .toSorted((one, other) => rank(one) - rank(other));
  if (first !== undefined) return first;
  throw missing(`service "${service}" of the compose project "${project}"`);
};

/** One that runs before others, then the lowest number. */
const rank = ({ state, compose }: Container): number => (state === 'running' ? 0 : 1e6) + Number(compose?.number ?? 0);

const missing = (what: string): Problem =>
  new Problem('container-missing', `There is no ${what}.`, 'See what there is: docker ps --all (podman ps --all)');

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (typeof chunk === 'string') throw new Error('the engine sent text for an archive');
    yield chunk;
  }
}
