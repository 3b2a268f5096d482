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
  /** At least one, but for a phone (`ingest`), which never logs in and has none. No key stands twice in a file. */
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
  /** Where its files arrive, for a phone, which the server backs up itself; null for every machine that logs in. */
  readonly ingest: Ingest | null;
  /** Where its photos and videos are mirrored to; null for none, and without `ingest`. */
  readonly media: Media | null;
}

/** Files that Syncthing brings to this server, of a source that can not run restic itself. */
export interface Ingest {
  /** Syncthing's folder, on the machine that holds it: absolute. */
  readonly folder: string;
  /** The file with the repository's password, as written: relative to the folder of sources.yaml, or absolute. */
  readonly passwordFile: string;
  /** The group that may read what Syncthing wrote; null where others may, or the source's own UID does. */
  readonly group: number | null;
  /** restic's patterns, relative to `folder`; for the backup and for the mirror. */
  readonly exclude: readonly string[];
  /** How long a backup waits for Syncthing to have nothing more to fetch. */
  readonly settleMs: Millis;
  /** The phone unseen for so long is a condition; null for never. */
  readonly unseenAfterMs: Millis | null;
  /** Whom to ask what is going on; null where nobody is asked. */
  readonly syncthing: SyncthingPlace | null;
}

/** Where Syncthing answers, and for which of its folders. */
export interface SyncthingPlace {
  /** Scheme, host and port: `http://127.0.0.1:8384`. */
  readonly url: string;
  /** As written, like `Ingest.passwordFile`. */
  readonly apiKeyFile: string;
  readonly folderId: string;
  /** Its own certificate, for https; null trusts those that Node knows. As written, like `Ingest.passwordFile`. */
  readonly certificateFile: string | null;
}

/** The one-way mirror of a phone's photos and videos. */
export interface Media {
  /** Folders below `Ingest.folder`, such as `DCIM`; `.` is all of it. */
  readonly from: readonly string[];
  /** The folder of the mirror: absolute, and never inside the other or around it. */
  readonly to: string;
  readonly everyMs: Millis;
  /** The phone's own folders, or `{yyyy}/{mm}` by the date a photo was taken. */
  readonly layout: 'as-is' | 'by-date';
  /** Files and folders 0640 and 2750, or 0644 and 0755. */
  readonly readableBy: 'group' | 'all';
  /** Photos and videos by the endings of their names, or every file. */
  readonly types: 'media' | 'all';
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
