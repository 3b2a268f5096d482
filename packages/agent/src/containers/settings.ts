/** `containers:` of agent.yaml. */
export interface ContainersSettings {
  /** `unix:///run/podman/podman.sock`, `tcp://127.0.0.1:2375`; null: DOCKER_HOST, then the usual sockets of Docker and Podman. */
  readonly engine: string | null;
  /** Whether `berth.*` labels are heeded. */
  readonly labels: boolean;
  /** What is made quiet because the file names it. It wins over labels. */
  readonly stop: readonly NamedContainers[];
}

/** An entry of `stop:`: exactly one of `name` and `compose`. */
export interface NamedContainers {
  /** A container. */
  readonly name: string | null;
  /** A compose project, all of it. */
  readonly compose: string | null;
  readonly how: 'stop' | 'pause';
  /** Paths of this machine to copy instead of all that is mounted; null for all. */
  readonly paths: readonly string[] | null;
  readonly timeoutMs: number;
}
