import type { Bytes, Millis, SourceName } from '@berth/common/brand.ts';
import type { PublicKey } from '@berth/common/ssh-key.ts';
import type { People, Ping } from './people.ts';
import type { Schedule } from './schedule.ts';

/** How a source stores: through restic's protocol, or as plain files by SFTP (docs/sftp.md says what that lacks). */
export type Access = 'restic' | 'sftp';

/** A machine or phone that may moor: what `sources.yaml` says of it, checked, with every default filled in. */
export interface Source extends Schedule {
  /** Its host name as written; also its account and its folder. Unique whatever the case of its letters. */
  readonly name: SourceName;
  /** Unique; see `uid.ts` for the range. The source's group has the same number. */
  readonly uid: number;
  /** At least one. No key stands twice in a file. */
  readonly keys: readonly PublicKey[];
  /** The most the source may store, trash included; null where the disk is the only limit. */
  readonly quotaBytes: Bytes | null;
  /** How long what the source deletes stays in its trash. */
  readonly protectMs: Millis;
  /** The share (0 to 1) of its snapshots or bytes that it may delete within a day before its trash is frozen. */
  readonly brake: number;
  /** What must stay free on the disk whatever it sends; null for 5 % of the disk, at most 1 GiB. The same for all. */
  readonly floorBytes: Bytes | null;
  readonly access: Access;
  /** Only with `access: sftp`: what it overwrites and deletes is kept for `protectMs`, as restic's objects always are. */
  readonly immutable: boolean;
  /** The dead man's switch that is told of its runs; null for none. */
  readonly ping: Ping | null;
}

/** What one `sources.yaml` says, complete: the only form in which it reaches the rest of the server. */
export interface ServerConfig {
  /** In the order of the file. */
  readonly sources: readonly Source[];
  /**
   * Nothing stands behind `sources:`. Nobody has been added yet, or somebody's editor was caught half-way: so a server
   * that has sources does not take it for the wish to remove them all, which is written `sources: {}`.
   */
  readonly unfinished: boolean;
  readonly settings: {
    /** The port sshd listens on; null where the file leaves it to the command line. */
    readonly port: number | null;
    /** What a source without `protect` of its own gets. */
    readonly protectMs: Millis;
    /** See `Source.floorBytes`. */
    readonly floorBytes: Bytes | null;
    /** How long the scrub takes for everything once, and the most bytes a second it reads of one source. */
    readonly scrubMs: Millis;
    readonly scrubRate: Bytes;
    /** How many sources may run at once. */
    readonly concurrency: number;
    /** IANA name of the zone whose wall clock windows and slots go by; the host's where the file says none. */
    readonly timeZone: string;
    /** Whom to tell: digest, alerts, channels and page. */
    readonly people: People;
  };
}
