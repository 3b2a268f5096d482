import type { DumpSink } from '@berth/common/restic/stream.ts';
import type { Containers, Quiesce } from '../containers/containers.ts';
import type { Things } from '../recover/things.ts';
import type { FlatName } from './name.ts';
import type { Place } from './place.ts';
import type { RunTool } from './tool.ts';

/** What an engine is called in agent.yaml, in tags and in labels. */
export const engineNames = [
  'postgres',
  'mariadb',
  'mysql',
  'sqlite',
  'redis',
  'valkey',
  'rabbitmq',
  'etcd',
  'mongodb',
  'qdrant',
  'neo4j',
  'vault',
  'prometheus',
  'minio',
  'influxdb',
  'elasticsearch',
  'opensearch',
  'command',
] as const;
export type EngineName = (typeof engineNames)[number];

/** One snapshot of the day: a database, or what belongs to all of them. Its `file` is the same from day to day. */
export interface Unit {
  /** What the engine calls it, with whatever characters; null for what belongs to no single database (globals, definitions, the whole). */
  readonly database: string | null;
  readonly file: FlatName;
  /** `stream`: bytes for restic's stdin. `folder`: files in a private folder, for engines that cannot stream. */
  readonly form: 'stream' | 'folder';
  /** How much room the folder takes at most, as far as the engine can tell; berth asks the disk before it begins. */
  readonly needsBytes?: number;
  /** agent.yaml names it and the engine has none: its dump fails, and before a restore there is nothing of it to save. */
  readonly isMissing?: boolean;
}

/** What an engine says of itself before anything is dumped. */
export interface Described {
  /** Server and tool, as they name themselves: `PostgreSQL 15.18, pg_dump 15.18`. */
  readonly version: string;
  /** In the order in which they are dumped, and restored. */
  readonly units: readonly Unit[];
  /** What a person should know although the dump works: tables that are not consistent, rights that are missing. */
  readonly warnings: readonly string[];
}

/** Where a dump goes. A folder is empty, private (0700), and always at the same path for the same unit. */
export type DumpTarget =
  | { readonly kind: 'stream'; readonly sink: DumpSink }
  | { readonly kind: 'folder'; readonly path: string };

/** Where a restore reads from. `chunks` rejects when restic ended badly: nothing may take its end for the dump's end. */
export type DumpSource =
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: 'folder'; readonly path: string };

/** Where a restore writes to: over what is live, or as a database of another name beside it. */
export type Into = { readonly kind: 'live' } | { readonly kind: 'new'; readonly name: string };

/** Looks at a dump as it passes (`see`, streams) or as it lies there (folders: `see` is never called), and says at its end whether it is whole. */
export interface Verifier extends AsyncDisposable {
  /** Cheap; waits only where a checker beside it must keep up. */
  readonly see: (chunk: Uint8Array) => void | Promise<void>;
  /** After the last byte. `tool`: the engine's own checker read it; `stream`: form, marks and sums were right. Throws 'dump-unverified'. */
  readonly conclude: () => Promise<'tool' | 'stream'>;
}

/** What a dump said besides its bytes. */
export interface DumpFacts {
  readonly warnings: readonly string[];
}

/**
 * One entry of `databases:`, ready to be asked. Every method may throw the Problems 'database-unreachable', 'database-refused' (password, rights),
 * 'database-missing' (agent.yaml names it), 'tool-missing', 'tool-too-old', 'no-room', 'cancelled'; everything a method starts has ended when it
 * settles, also after `signal`. Nothing is retried here. What a killed process would leave behind is noted in `world.things` before it is made.
 */
export interface Database {
  readonly engine: EngineName;
  /** The entry's name in agent.yaml. */
  readonly name: string;
  /** For all of its dumps together, milliseconds. */
  readonly timeoutMs: number;
  /** Reaches it, names versions, lists what would be dumped. Changes nothing. */
  readonly describe: (world: EngineWorld, signal: AbortSignal) => Promise<Described>;
  /** Resolves only when the tool ended well and said all it had to say. Throws 'dump-failed' otherwise, with the tool's own words as `cause`. */
  readonly dump: (unit: Unit, to: DumpTarget, world: EngineWorld, signal: AbortSignal) => Promise<DumpFacts>;
  /**
   * For a dump under way, and for one read back from a snapshot, which is read to its last byte where `isThorough` (beside the tool's own end that
   * would be work for nothing). `folder` is the folder's path of a unit of that form, else null.
   */
  readonly verify: (
    unit: Unit,
    folder: string | null,
    world: EngineWorld,
    signal: AbortSignal,
    isThorough?: boolean,
  ) => Verifier;
  /** Writes a dump that was verified. Throws 'restore-failed', 'restore-refused' (what stands there would be mixed up or is in use), 'not-supported'. */
  readonly restore: (
    unit: Unit,
    from: DumpSource,
    into: Into,
    world: EngineWorld,
    signal: AbortSignal,
  ) => Promise<DumpFacts>;
  /**
   * Puts a setting back that a killed process left changed: `what` as the engine noted it in `world.things` ('undo'). Idempotent. Only engines that
   * change settings have it. Throws as `describe`.
   */
  readonly putBack?: (what: string, world: EngineWorld, signal: AbortSignal) => Promise<void>;
}

/** What an engine takes from the world. */
export interface EngineWorld {
  /** Runs an engine's tool where its server is: here, here as another user, or inside its container. */
  readonly run: RunTool;
  /** The host and port an HTTP or TCP client here reaches a place at; `port` is the engine's usual one, where the place names none. */
  readonly addressOf: (place: Place, port: number) => Promise<{ readonly host: string; readonly port: number }>;
  /** The engine of the machine's containers; null where none is set or answers. */
  readonly containers: Containers | null;
  readonly quiesce: Quiesce;
  readonly things: Things;
  readonly request: typeof fetch;
  /** The one line of a password file that only its owner may read. Throws 'secret-unreadable', 'secret-exposed'. */
  readonly secret: (file: string) => Promise<string>;
  /** All of such a file, where an engine has a form of its own for it. Throws as `secret`. */
  readonly privateText: (file: string) => Promise<string>;
  /** A private folder (0700) for a moment: option files, pgpass, what a checker needs as a file. Removed also after a crash. */
  readonly scratch: () => Promise<{ readonly path: string } & AsyncDisposable>;
  readonly now: () => Date;
  /** Resolves early when aborted. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
}
