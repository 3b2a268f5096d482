import type { Problem } from '@berth/common/problem.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Group, Quiesce } from '../containers/containers.ts';
import type { AtKillPoint } from '../containers/kill-points.ts';
import type { Database, EngineWorld } from '../databases/engine.ts';
import type { Taken } from '../filesystems/snapshots.ts';
import type { RecoverEnd } from '../recover/recover.ts';

/** What is made quiet as one, and what of this machine is copied meanwhile. */
export interface QuietGroup {
  readonly group: Group;
  /** Absolute. Where there are none there is nothing to copy, and nothing is stopped. */
  readonly paths: readonly string[];
  /** For people: a mount that cannot be seen from here. */
  readonly warnings: readonly string[];
  /** Why it can not be done: a name that nobody has, a label that says nothing. Nothing is stopped then. */
  readonly problem: Problem | null;
}

/** What one try copies beside the files, as it is found now: containers come and go. */
export interface Beside extends AsyncDisposable {
  /** The entries of agent.yaml, then those that labels name. */
  readonly databases: readonly Database[];
  readonly groups: readonly QuietGroup[];
  /** Why containers could not be looked at; what needs none of them goes on. */
  readonly problem: Problem | null;
  /** Containers whose labels ask for a dump and do not say of what: a database that is not backed up must not go unsaid. */
  readonly unclear: readonly { readonly container: string; readonly problem: Problem }[];
  readonly engines: EngineWorld;
  readonly quiesce: Quiesce;
  /** Keeps berth's own folders live. Null where this system knows no snapshots of file systems. */
  readonly takeSnapshots:
    | ((paths: readonly string[], about: { readonly oneFileSystem: boolean }, signal: AbortSignal) => Promise<Taken>)
    | null;
  /** Where dumps lie that are no streams. */
  readonly folders: string;
  readonly at?: AtKillPoint | undefined;
}

/** What there is on a machine beside its files. A phone has none of it. */
export interface BesideWorld {
  /** As `recover`; with the engine that `config` names, or where there is no config the usual one. */
  readonly recover: (config: AgentConfig | null, signal: AbortSignal) => Promise<RecoverEnd>;
  /** Asked once in each try, when the connection stands. Never throws for an engine that is away. */
  readonly open: (config: AgentConfig, signal: AbortSignal) => Promise<Beside>;
}

/** Whether agent.yaml names anything beside files. */
export const hasBeside = ({ databases, containers, services, snapshots }: AgentConfig): boolean =>
  databases.length > 0 || containers !== null || services.length > 0 || snapshots !== 'never';
