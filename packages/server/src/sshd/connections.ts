import { noKey } from '../session/forced-command.ts';
import type { Access, Source } from '../sources/source.ts';
import { descendants, type ProcessEntry } from './processes.ts';

/** A live SSH connection: the direct child of our sshd and everything below it. */
export interface Connection {
  readonly pid: number;
  /** Parents before children; the first is the connection itself. */
  readonly processes: readonly ProcessEntry[];
  /** `null` before anyone has logged in, and in rootless mode also while no session runs. */
  readonly source: string | null;
  /** The fingerprint of the key, known while a session runs. All sessions of a connection came in by the same one. */
  readonly key: string | null;
  /** False until the client has proved its key. */
  readonly authenticated: boolean;
  readonly sessions: number;
  /** What its sessions are; null while there are none. */
  readonly serves: Access | null;
}

export interface Listener {
  readonly pid: number;
  /** Whether sources have UIDs of their own, or all run as the server's. */
  readonly rootless: boolean;
  /**
   * Where only the receiver's processes live in this mount namespace: its name. Connections that outlived a crashed
   * sshd are found by it. Empty elsewhere.
   */
  readonly mountNamespace: string;
  /** The supervisor itself, which is in that namespace too. */
  readonly supervisor: number;
}

/** The connections of our sshd in a snapshot of /proc. */
export const connectionsOf = (
  all: readonly ProcessEntry[],
  listener: Listener,
  sources: readonly Pick<Source, 'name' | 'uid'>[],
): readonly Connection[] => {
  const nameOf = new Map(sources.map(({ uid, name }) => [uid, name]));
  return all
    .filter((entry) => entry.parent === listener.pid || isOrphan(entry, all, listener))
    .map((top) => connectionOf([top, ...descendants(all, [top.pid])], listener, nameOf));
};

/** A session that no connection of sshd's has: a phone's restic came in by the supervisor's own door. */
export interface DoorSession {
  readonly source: string;
  readonly process: ProcessEntry;
}

/** Those that live now. */
export const doorSessions = (all: readonly ProcessEntry[], supervisor: number): readonly DoorSession[] =>
  all
    .filter(({ parent, argv }) => parent === supervisor && valueAfter(argv, '--key') === noKey)
    .flatMap((process) => {
      const source = valueAfter(process.argv, '--source');
      return source === null ? [] : [{ source, process }];
    });

/**
 * Which connections end now that `current` is in force: those of a source or a key that is no longer listed. A
 * connection with a listed key stays, whatever else changed but its source's access. One that is idle (a multiplexed connection between two
 * restic commands) does not show its key: it ends when its source, or one that could be its source, lost a key; its
 * agent comes back with a new connection if it may. One that has not logged in yet is left alone: it will meet the
 * new keys.
 */
export const connectionsToEnd = (
  connections: readonly Connection[],
  previous: readonly Source[],
  current: readonly Source[],
): readonly Connection[] => {
  const keysNow = new Map(current.map((source) => [source.name as string, fingerprintsOf(source)]));
  const lostKeys = new Set<string>(
    previous
      .filter((source) => [...fingerprintsOf(source)].some((key) => keysNow.get(source.name)?.has(key) !== true))
      .map(({ name }) => name),
  );
  const accessNow = new Map(current.map(({ name, access }) => [name as string, access]));
  const otherAccess = new Set<string>(
    previous.filter(({ name, access }) => accessNow.get(name) !== access).map(({ name }) => name),
  );
  return connections.filter(({ authenticated, source, key, serves }) => {
    if (!authenticated) return false;
    // Rootless and idle: it could be anyone's.
    if (source === null) return lostKeys.size > 0;
    const keys = keysNow.get(source);
    if (keys === undefined) return true;
    // sshd goes by what it read at the login, so an idle connection would still get what its source had then.
    if (otherAccess.has(source) && serves !== accessNow.get(source)) return true;
    return key === null ? lostKeys.has(source) : !keys.has(key);
  });
};

const fingerprintsOf = ({ keys }: Source): ReadonlySet<string> => new Set(keys.map(({ fingerprint }) => fingerprint));

const isOrphan = (entry: ProcessEntry, all: readonly ProcessEntry[], listener: Listener): boolean =>
  listener.mountNamespace !== '' &&
  entry.mountNamespace === listener.mountNamespace &&
  entry.pid !== listener.pid &&
  entry.pid !== listener.supervisor &&
  entry.parent !== listener.supervisor &&
  !all.some(({ pid, mountNamespace }) => pid === entry.parent && mountNamespace === listener.mountNamespace);

const connectionOf = (
  processes: readonly ProcessEntry[],
  listener: Listener,
  nameOf: ReadonlyMap<number, string>,
): Connection => {
  const withKey = new Set(processes.filter(({ argv }) => valueAfter(argv, '--key') !== null).map(({ pid }) => pid));
  const sessions = processes.filter(({ pid, parent }) => withKey.has(pid) && !withKey.has(parent));
  const argv = sessions[0]?.argv ?? [];
  const loggedIn = processes.filter(isLoggedIn);
  const sftpSessions = processes.filter(isSftpSession).length;
  // With UIDs of their own the kernel says whose connection this is; a session's arguments are believed for the key
  // only. An account that no list has any more keeps its number as a name, which no source can have, so its
  // connection ends.
  const [owner = null] = loggedIn.map(({ uid }) => nameOf.get(uid) ?? `uid:${uid}`);
  return {
    pid: processes[0]?.pid ?? 0,
    processes,
    source: listener.rootless ? valueAfter(argv, '--source') : owner,
    key: valueAfter(argv, '--key'),
    authenticated: loggedIn.length > 0,
    sessions: sessions.length + sftpSessions,
    serves: sftpSessions > 0 ? 'sftp' : sessions.length > 0 ? 'restic' : null,
  };
};

/**
 * sshd's process for a logged-in account calls itself `sshd: NAME` or `sshd: NAME@notty` (`sshd-session:` from
 * OpenSSH 9.8 on). Before the login every title has a word in brackets: `[accepted]`, `[net]`, `[priv]`.
 */
const isLoggedIn = ({ argv }: ProcessEntry): boolean => /^sshd(?:-session)?: [^\s[]+$/.test(argv[0] ?? '');

/** sshd answers SFTP itself, in a process of the source's UID. */
const isSftpSession = ({ argv }: ProcessEntry): boolean => /^sshd(?:-session)?: \S+@internal-sftp$/.test(argv[0] ?? '');

const valueAfter = (argv: readonly string[], option: string): string | null => {
  const index = argv.indexOf(option);
  return index < 0 ? null : (argv[index + 1] ?? null);
};
