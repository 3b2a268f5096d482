import { createHash } from 'node:crypto';
import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import ipaddr from 'ipaddr.js';
import { ingestMountPoint, mediaMountPoint } from '../ingest/mount-points.ts';
import type { Source } from '../sources/source.ts';

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
  /** The folders of the phones, see {@link phoneMounts}. */
  readonly mounts: readonly PhoneMount[];
}

/** A folder of a phone in the container. */
export interface PhoneMount {
  /** Absolute, on the engine's machine. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Exactly what the phones of sources.yaml need: what arrives to be read, and the mirror, if there is one, to be written. */
export const phoneMounts = (sources: readonly Source[]): readonly PhoneMount[] =>
  sources.flatMap(({ name, ingest, media }) => [
    ...(ingest === null ? [] : [{ source: ingest.folder, target: ingestMountPoint(name), readOnly: true }]),
    ...(media === null ? [] : [{ source: media.to, target: mediaMountPoint(name), readOnly: false }]),
  ]);

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
      ...wishes.mounts.map(bindOf),
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

/**
 * A bind by the engine's own words, so that no comma or colon of a path means anything. A folder that is missing is an error of mounts
 * anyway (https://docs.docker.com/engine/storage/bind-mounts/); it is said all the same.
 */
const bindOf = ({ source, target, readOnly }: PhoneMount): MountSettings => {
  // dockerode's own type does not know the second; the first is the engine's default.
  const options = { Propagation: 'rprivate', CreateMountpoint: false } as const;
  return { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly, BindOptions: options };
};

const portsOf = ({ port, pagePort }: Wishes) => [
  { inner: innerPort, outer: port },
  ...(pagePort === null ? [] : [{ inner: pagePort, outer: pagePort }]),
];

/** A name for these settings with this very image: a container that carries it needs no replacing. */
export const fingerprintOf = (options: ContainerCreateOptions, imageId: string): string =>
  createHash('sha256')
    .update(JSON.stringify([imageId, options]))
    .digest('hex');
