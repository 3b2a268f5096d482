import { coordinatorUid } from '../coordinator/paths.ts';
import { sftpGroup } from '../sftp/command.ts';
import type { Source } from '../sources/source.ts';
import type { AccountFinding } from './finding.ts';

/** The two account files as text. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * What a host without accounts of its own needs for sshd: root, nobody, and `sshd` comes from {@link
 * composeAccounts}.
 */
export const minimalBase: AccountFiles = {
  passwd: 'root:*:0:0:root:/root:/bin/sh\nnobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:*:0:\nnogroup:*:65534:\n',
};

/** The coordinator's account; its group has the same number. */
const coordinatorName = 'berth';
/** Accounts the server itself stands on: no source may carry these names. */
const reservedNames: ReadonlySet<string> = new Set(['root', 'nobody', 'sshd', coordinatorName, sftpGroup]);
const reservedUids: ReadonlySet<number> = new Set([0, 65_534, coordinatorUid]);
/** They are made anew whatever the base system says of them. */
const ownNames: ReadonlySet<string> = new Set(['sshd', coordinatorName, sftpGroup]);
/**
 * sshd's unprivileged half gets the first free UID from here downwards, so that it never shares one with a source.
 */
const privilegeSeparationUid = 65_533;

/** The sources whose account could never be made, whatever is on disk. */
export const accountFindings = (sources: readonly Source[]): readonly AccountFinding[] =>
  sources.flatMap((source): readonly AccountFinding[] => {
    if (reservedNames.has(source.name)) {
      const message = `The name ${source.name} belongs to an account the server itself needs.`;
      return [{ code: 'name-reserved', source: source.name, message, remedy: 'Give this source another name.' }];
    }
    if (reservedUids.has(source.uid)) {
      const message = `UID ${source.uid} belongs to an account the server itself needs.`;
      return [{ code: 'uid-reserved', source: source.name, message, remedy: 'Give this source another UID.' }];
    }
    return [];
  });

/**
 * The account files of the receiver: the base system's accounts, the coordinator's, and one per source, whose group has
 * the same number.
 * A system account that shares its name or number with a source gives way (a host may well be called `mail` or
 * `backup`; nobody logs in as those here), except the few the server stands on. No account has a usable password.
 */
export const composeAccounts = (
  base: AccountFiles,
  sources: readonly Source[],
  homeOf: (source: Source) => string,
): AccountFiles => {
  const names = new Set<string>(sources.map(({ name }) => name));
  // Whoever has the coordinator's number could read what every source reported.
  const ids = new Set([coordinatorUid, ...sources.map(({ uid }) => uid)]);
  const kept = (text: string): readonly string[] =>
    text.split('\n').filter((line) => {
      const { name, id } = entryOf(line);
      return id !== null && !ownNames.has(name) && (id === 0 || (!names.has(name) && !ids.has(id)));
    });
  const users = kept(base.passwd);
  const taken = new Set([...ids, ...users.map((line) => entryOf(line).id)]);
  let sshdUid = privilegeSeparationUid;
  while (taken.has(sshdUid)) sshdUid -= 1;
  const groups = kept(base.group);
  const takenGroups = new Set([...ids, ...groups.map((line) => entryOf(line).id)]);
  // The group only marks logins for sshd; nothing on disk ever belongs to it.
  let sftpId = privilegeSeparationUid - 1;
  while (takenGroups.has(sftpId)) sftpId -= 1;
  const sftpNames = sources.filter(({ access }) => access === 'sftp').map(({ name }) => name);
  return {
    passwd: lines([
      ...users,
      `sshd:*:${sshdUid}:65534::/run/sshd:/usr/sbin/nologin`,
      `${coordinatorName}:*:${coordinatorUid}:${coordinatorUid}:berth coordinator:/nonexistent:/usr/sbin/nologin`,
      ...sources.map((source) => `${source.name}:*:${source.uid}:${source.uid}:berth source:${homeOf(source)}:/bin/sh`),
    ]),
    group: lines([
      ...groups,
      `${sftpGroup}:*:${sftpId}:${sftpNames.join(',')}`,
      `${coordinatorName}:*:${coordinatorUid}:`,
      ...sources.map(({ name, uid }) => `${name}:*:${uid}:`),
    ]),
  };
};

/**
 * passwd(5) and group(5) both have the name first and the number third. NIS lines (`+…`) and comments have no number.
 */
const entryOf = (line: string): { readonly name: string; readonly id: number | null } => {
  const [name = '', , id = ''] = line.split(':');
  return { name, id: /^\d+$/.test(id) ? Number(id) : null };
};

const lines = (entries: readonly string[]): string => `${entries.join('\n')}\n`;
