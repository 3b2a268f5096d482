import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import ipaddr from 'ipaddr.js';

/** What the admin decides about the container; the rest is {@link containerOptions}. */
export interface Wishes {
  readonly image: string;
  readonly name: string;
  /** The folder with sources.yaml and the host keys, and the folder of the backups: absolute, on the engine's machine. */
  readonly configDir: string;
  readonly dataDir: string;
  /** Where the machines knock. Inside, sshd always listens on {@link innerPort}. */
  readonly port: number;
  /** The only address to listen on; null: every one. */
  readonly address: string | null;
  /** Where the page listens inside, and outside then too; null where it is not to be reached from outside. */
  readonly pagePort: number | null;
  readonly memoryBytes: number;
  readonly restart: RestartPolicy;
}

/** Docker's own words for what happens when the container ends by itself. */
export const restartPolicies = ['unless-stopped', 'always', 'on-failure', 'no'] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

/** Where sshd listens inside the container. */
export const innerPort = 2222;

/** Seconds the server has to end its sessions when it is stopped; it needs 4 at most. */
export const stopSeconds = 20;

/** Says that `berth-server up` made a container, and from which settings. */
export const settingsLabel = 'org.berth.settings';

/**
 * The capabilities of the supervisor and of sshd's privileged half; a session has none. Found by taking one after the other away, and
 * held to it by test/docker: docs/container.md says what each is for.
 */
export const capabilities: readonly string[] = ['CHOWN', 'SETUID', 'SETGID', 'SYS_CHROOT', 'KILL'];

/**
 * The port to publish for a page that listens there inside: none for one on loopback, which is the container's own and so nobody
 * else's.
 */
export const pagePortOf = (page: { readonly address: string; readonly port: number } | null): number | null =>
  page === null || ipaddr.process(page.address).range() === 'loopback' ? null : page.port;

/** Everything about the container but its name. docker/compose.yaml says the same; a test holds them together. */
export const containerOptions = (wishes: Wishes): ContainerCreateOptions => ({
  Image: wishes.image,
  Hostname: 'berth',
  StopTimeout: stopSeconds,
  ExposedPorts: Object.fromEntries(portsOf(wishes).map(({ inner }) => [`${inner}/tcp`, {}])),
  HostConfig: {
    PortBindings: Object.fromEntries(
      portsOf(wishes).map(({ inner, outer }) => [
        `${inner}/tcp`,
        [{ HostIp: wishes.address ?? '', HostPort: String(outer) }],
      ]),
    ),
    // The folder of sources.yaml, not the file: an editor replaces the file, and a mounted file would stay the old one.
    // As mounts, because a folder that is missing must be an error: an unmounted disk must not fill the system's.
    Mounts: [
      { Type: 'bind', Source: wishes.configDir, Target: '/config' },
      { Type: 'bind', Source: wishes.dataDir, Target: '/data' },
    ],
    ReadonlyRootfs: true,
    Tmpfs: { '/run': 'mode=0755,size=64m', '/tmp': 'mode=1777,size=16m' },
    SecurityOpt: ['no-new-privileges:true'],
    CapDrop: ['ALL'],
    CapAdd: [...capabilities],
    Memory: wishes.memoryBytes,
    PidsLimit: 4096,
    // What the monitor knows of mail passwords is never written to a disk by a crash.
    Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    RestartPolicy: { Name: wishes.restart },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  },
});

const portsOf = ({ port, pagePort }: Wishes) => [
  { inner: innerPort, outer: port },
  ...(pagePort === null ? [] : [{ inner: pagePort, outer: pagePort }]),
];

/** A name for these settings with this very image: a container that carries it needs no replacing. */
export const fingerprintOf = (options: ContainerCreateOptions, imageId: string): string =>
  createHash('sha256')
    .update(JSON.stringify([imageId, options]))
    .digest('hex');
