import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';

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

/** Everything about the container but its name. docker/compose.yaml says the same; a test holds them together. */
export const containerOptions = (wishes: Wishes): ContainerCreateOptions => ({
  Image: wishes.image,
  Hostname: 'berth',
  StopTimeout: stopSeconds,
  ExposedPorts: { [`${innerPort}/tcp`]: {} },
  HostConfig: {
    PortBindings: { [`${innerPort}/tcp`]: [{ HostIp: wishes.address ?? '', HostPort: String(wishes.port) }] },
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
    RestartPolicy: { Name: wishes.restart },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  },
});

/** A name for these settings with this very image: a container that carries it needs no replacing. */
export const fingerprintOf = (options: ContainerCreateOptions, imageId: string): string =>
  createHash('sha256')
    .update(JSON.stringify([imageId, options]))
    .digest('hex');
