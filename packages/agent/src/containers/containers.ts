/** A container as a person names it: by its name, or by its compose project and service, which outlives its being made anew. */
export type ContainerRef = { readonly name: string } | { readonly project: string; readonly service: string };

/** A container as the engine (Docker's or Podman's) shows it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: 'running' | 'paused' | 'exited' | 'created' | 'restarting' | 'removing' | 'dead';
  /** UTC, as the engine says it; changes with each start. */
  readonly startedAt: string;
  /** What its health check says; null where it has none. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
  /** Of its first process when it last ended; 137 is KILL. */
  readonly exitCode: number;
  /** What its image or compose file gives it to end, in seconds. */
  readonly stopSeconds: number;
  /** Containers, by id or name, whose network or processes it shares, so that it cannot start before them. */
  readonly joins: readonly string[];
  /** `--rm`: the engine removes it, with its volumes without a name, as soon as it stops. */
  readonly goesWhenStopped?: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Null for one that compose did not make. */
  readonly compose: {
    readonly project: string;
    readonly service: string;
    readonly number: string;
    /** One started by `compose run`. */
    readonly oneOff: boolean;
    /** Services it needs first. */
    readonly dependsOn: readonly { readonly service: string; readonly healthy: boolean }[];
  } | null;
  /** Binds and volumes; what lies in none of them is no data. */
  readonly mounts: readonly {
    readonly kind: 'bind' | 'volume';
    /** On this machine. */
    readonly source: string;
    /** In the container. */
    readonly target: string;
    readonly writable: boolean;
  }[];
  /** Its addresses in the engine's networks, and what is published here. */
  readonly addresses: readonly string[];
  readonly published: readonly { readonly inside: number; readonly host: string; readonly port: number }[];
}

/** One process started in a container. As `ToolCommand` of databases/tool.ts, whose promises it keeps. */
export interface ExecRequest {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string | null;
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly onStdout?: (chunk: Uint8Array) => void | Promise<void>;
  /**
   * Told the number that the process will have in the container, before its program begins, which waits until this resolves: the moment to note it.
   * Not called where the image has no shell.
   */
  readonly onPid?: (pid: number) => void | Promise<void>;
}

/**
 * The engine of this machine's containers, by its socket or through a proxy. Each method may throw 'engine-away' and 'engine-refused' (a proxy or
 * the engine said no); those that take a ref throw 'container-missing'.
 */
export interface Containers extends AsyncDisposable {
  /** `unix:///var/run/docker.sock`, for messages. */
  readonly where: string;
  readonly list: () => Promise<readonly Container[]>;
  readonly find: (ref: ContainerRef) => Promise<Container>;
  /** A path inside it as this machine sees it, through its mounts; null where it lies in none. */
  readonly hostPath: (container: Container, path: string) => string | null;
  /** As `RunTool`: ends with its process gone, also after `signal`. */
  readonly exec: (
    container: Container,
    request: ExecRequest,
    signal: AbortSignal,
  ) => Promise<{ readonly code: number | null; readonly stderr: readonly string[] }>;
  /** A folder of it, as a stream in tar's format; and back. */
  readonly readArchive: (container: Container, path: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  readonly writeArchive: (
    container: Container,
    path: string,
    tar: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Idempotent: stopping what is stopped, starting what runs, is done already. */
  readonly stop: (container: Container, graceSeconds: number, signal: AbortSignal) => Promise<void>;
  readonly start: (container: Container) => Promise<void>;
  readonly pause: (container: Container) => Promise<void>;
  readonly unpause: (container: Container) => Promise<void>;
}

/** What is to be quiet while it is copied, as one: containers in the order in which they stop, or a systemd unit. */
export type Group =
  | {
      readonly kind: 'containers';
      /** For people and tags: the project or the container. */
      readonly name: string;
      /** `exec`: nothing stops; `berth.before` and `berth.after` of its labels run in it. */
      readonly how: 'stop' | 'pause' | 'exec';
      /** Dependents first: the order in which they stop. */
      readonly containers: readonly Container[];
      /** How long they may be down together, stopping and starting included. */
      readonly timeoutMs: number;
    }
  | {
      readonly kind: 'unit';
      readonly name: string;
      readonly unit: string;
      readonly user: boolean;
      readonly timeoutMs: number;
    };

/** Brings a group down. Throws 'quiesce-failed', 'quiesce-timeout', 'cancelled'; what it stopped by then runs again. */
export interface Quiesce {
  readonly down: (group: Group, signal: AbortSignal) => Promise<Down>;
}

/** A group that is quiet. Disposing is `up`, and never leaves one down quietly. */
export interface Down extends AsyncDisposable {
  /**
   * For whatever copies meanwhile. Aborted, with the Problem as its reason, when the group has been down for as long as it may be ('quiesce-timeout';
   * it is being started again by then) or the run is stopped ('cancelled').
   */
  readonly signal: AbortSignal;
  /**
   * Starts all of it again and sees it run, once; called again it answers the same. `meanwhile` names what somebody else started while it was to be
   * quiet: the copy is not consistent. `warnings` are for people: one that did not become healthy, one that somebody removed. Throws
   * 'not-started-again'.
   */
  readonly up: () => Promise<{
    readonly downMs: number;
    readonly meanwhile: readonly string[];
    readonly warnings: readonly string[];
  }>;
}
