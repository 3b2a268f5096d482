import { z } from 'zod';
import type { Container } from './containers.ts';

const states = ['running', 'paused', 'exited', 'created', 'restarting', 'removing', 'dead'] as const;

/** What is taken of the engine's answer. Podman leaves out what is empty, or says null; it calls `exited` also `stopped`, and has `initialized`. */
const answer = z.object({
  Id: z.string().min(1),
  Name: z.string().min(1),
  State: z.object({
    Status: z.string(),
    StartedAt: z.string().default(''),
    ExitCode: z.number().default(0),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: z.string().default(''),
    Labels: z.record(z.string(), z.string()).nullish(),
    StopTimeout: z.number().nullish(),
  }),
  HostConfig: z
    .object({
      NetworkMode: z.string().nullish(),
      IpcMode: z.string().nullish(),
      PidMode: z.string().nullish(),
      AutoRemove: z.boolean().nullish(),
    })
    .nullish(),
  Mounts: z
    .array(
      z.object({
        Type: z.string().default(''),
        Source: z.string().default(''),
        Destination: z.string().default(''),
        RW: z.boolean().default(true),
      }),
    )
    .nullish(),
  NetworkSettings: z
    .object({
      IPAddress: z.string().nullish(),
      Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() }).nullable()).nullish(),
      Ports: z
        .record(z.string(), z.array(z.object({ HostIp: z.string().default(''), HostPort: z.string() })).nullable())
        .nullish(),
    })
    .nullish(),
});
type Answer = z.output<typeof answer>;

/** What docker and podman give a container that says nothing of it. */
const usualStopSeconds = 10;

/**
 * A container out of what `GET /containers/{id}/json` answers, Docker's or Podman's:
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerInspect. Throws where it is no such answer.
 */
export const containerOf = (told: unknown): Container => {
  const { Id, Name, State, Config, HostConfig, Mounts, NetworkSettings } = answer.parse(told);
  const labels = Config.Labels ?? {};
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    state: stateOf(State.Status),
    startedAt: State.StartedAt,
    health: healthOf(State.Health?.Status),
    exitCode: State.ExitCode,
    stopSeconds: Config.StopTimeout ?? usualStopSeconds,
    joins: joinsOf(HostConfig),
    goesWhenStopped: HostConfig?.AutoRemove === true,
    labels,
    compose: composeOf(labels),
    mounts: (Mounts ?? []).flatMap(({ Type, Source, Destination, RW }) =>
      (Type === 'bind' || Type === 'volume') && Source !== '' && Destination !== ''
        ? [{ kind: Type, source: Source, target: Destination, writable: RW }]
        : [],
    ),
    // With this machine's own network it is reached where this machine is, and nothing is published.
    addresses: HostConfig?.NetworkMode === 'host' ? ['127.0.0.1'] : addressesOf(NetworkSettings),
    published: publishedOf(NetworkSettings),
  };
};

const stateOf = (status: string): Container['state'] =>
  states.find((state) => state === status) ?? (status === 'stopping' ? 'running' : 'exited');

const healthOf = (status: string | undefined): Container['health'] =>
  (['starting', 'healthy', 'unhealthy'] as const).find((health) => health === status) ?? null;

const joinsOf = (host: Answer['HostConfig']): readonly string[] => [
  ...new Set(
    [host?.NetworkMode, host?.IpcMode, host?.PidMode].flatMap((mode) =>
      mode?.startsWith('container:') ? [mode.slice('container:'.length)] : [],
    ),
  ),
];

const label = 'com.docker.compose';

/** Labels that docker compose, docker-compose and podman-compose put on what they make; `depends_on` only the newer ones. */
const composeOf = (labels: Readonly<Record<string, string>>): Container['compose'] => {
  const project = labels[`${label}.project`];
  const service = labels[`${label}.service`];
  if (!project || !service) return null;
  return {
    project,
    service,
    number: labels[`${label}.container-number`] || '1',
    oneOff: /^true$/i.test(labels[`${label}.oneoff`] ?? ''),
    dependsOn: dependenciesOf(labels[`${label}.depends_on`] ?? ''),
  };
};

/** `db:service_healthy:false,cache:service_started:true`: service, condition, whether it restarts with it. */
const dependenciesOf = (written: string): readonly { readonly service: string; readonly healthy: boolean }[] =>
  written.split(',').flatMap((entry) => {
    const [service, condition] = entry.trim().split(':');
    return service ? [{ service, healthy: condition === 'service_healthy' }] : [];
  });

const addressesOf = (network: Answer['NetworkSettings']): readonly string[] => [
  ...new Set(
    [network?.IPAddress, ...Object.values(network?.Networks ?? {}).map((end) => end?.IPAddress)].flatMap((address) =>
      address ? [address] : [],
    ),
  ),
];

const publishedOf = (network: Answer['NetworkSettings']): Container['published'] =>
  Object.entries(network?.Ports ?? {}).flatMap(([inside, ends]) =>
    (ends ?? []).flatMap(({ HostIp, HostPort }) => {
      const [port, hostPort] = [Number.parseInt(inside, 10), Number.parseInt(HostPort, 10)];
      if (!inside.endsWith('/tcp') || Number.isNaN(port) || Number.isNaN(hostPort)) return [];
      return [{ inside: port, host: anyAddress.has(HostIp) ? '127.0.0.1' : HostIp, port: hostPort }];
    }),
  );

/** Published on every address: reached here by the loopback one. */
const anyAddress: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);
