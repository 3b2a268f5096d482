import type { SourceName } from '@berth/common/brand.ts';
import { suggestSourceName } from '@berth/common/host-name.ts';
import type { Finding } from '@berth/common/yaml/finding.ts';
import type { Locate } from '@berth/common/yaml/load.ts';
import { sftpPromise } from '../sftp/promise.ts';
import type { HostAccounts } from './host-accounts.ts';
import { phoneConflicts } from './ingest-conflicts.ts';
import { clearMail, sharedPings } from './people-conflicts.ts';
import type { ServerConfig, Source } from './source.ts';
import { freeUid } from './uid.ts';

/** What no source alone shows: errors refuse the file, warnings only ask for a look. */
export interface Conflicts {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

interface Context {
  readonly file: string;
  readonly locate: Locate;
  readonly accounts: HostAccounts;
}

/** Names, UIDs, keys and pings that two sources share, or that a source shares with the host it is to live on. */
export const findConflicts = (config: ServerConfig, context: Context): Conflicts => {
  const { sources } = config;
  const taken = new Set([...sources.map(({ uid }) => uid), ...context.accounts.uids.values()]);
  return {
    errors: [
      ...sharedNames(sources, context),
      ...reservedNames(sources, context),
      ...sharedUids(sources, context, taken),
      ...ourUids(sources, context, taken),
      ...sharedKeys(sources, context),
      ...sharedPings(config, context),
      ...phoneConflicts(sources, context),
    ],
    warnings: [
      ...foreignUids(sources, context, taken),
      ...sftpWarnings(sources, context),
      ...clearMail(config, context),
    ],
  };
};

/** Hosts are the same whatever the case of their letters (RFC 4343), and people and file systems mix them up. */
const sharedNames = (sources: readonly Source[], { file, locate }: Context): readonly Finding[] => {
  const seen = new Map<string, SourceName>();
  return sources.flatMap(({ name }): readonly Finding[] => {
    const first = seen.get(name.toLowerCase());
    if (first === undefined) {
      seen.set(name.toLowerCase(), name);
      return [];
    }
    const line = locate(['sources', first], 'key').line;
    const message = `"${name}" and "${first}" (line ${line}) differ only in case`;
    const remedy = 'Keep one of the two, or give this machine another name.';
    return [{ file, ...locate(['sources', name], 'key'), code: 'duplicate-name', message, remedy }];
  });
};

/** Accounts every server of ours has, whatever its passwd says. */
const alwaysReserved = ['root', 'sshd', 'berth', 'berth-sftp', 'nobody'];

const reservedNames = (sources: readonly Source[], { file, locate, accounts }: Context): readonly Finding[] => {
  const reserved = new Set([...alwaysReserved, ...accounts.uids.keys()].map((name) => name.toLowerCase()));
  return sources.flatMap(({ name }): readonly Finding[] => {
    if (!reserved.has(name.toLowerCase())) return [];
    const message = `"${name}" is an account of the server itself`;
    const other = suggestSourceName(`${name.slice(0, 27)}-host`);
    const remedy = `Give the source another name, for example ${other}, and enrol the machine under it (berth enroll --name ${other}).`;
    return [{ file, ...locate(['sources', name], 'key'), code: 'reserved-name', message, remedy }];
  });
};

const sharedUids = (
  sources: readonly Source[],
  { file, locate }: Context,
  taken: ReadonlySet<number>,
): readonly Finding[] => {
  const seen = new Map<number, SourceName>();
  return sources.flatMap(({ name, uid }): readonly Finding[] => {
    const first = seen.get(uid);
    if (first === undefined) {
      seen.set(uid, name);
      return [];
    }
    const line = locate(['sources', first, 'uid'], 'value').line;
    const message = `UID ${uid} already belongs to "${first}" (line ${line})`;
    const remedy = `Write another number, for example uid: ${freeUid(taken)}. Two sources with one UID could read each other's backups.`;
    return [{ file, ...locate(['sources', name, 'uid'], 'value'), code: 'duplicate-uid', message, remedy }];
  });
};

const ourUids = (
  sources: readonly Source[],
  { file, locate, accounts }: Context,
  taken: ReadonlySet<number>,
): readonly Finding[] => {
  const owners = new Map([...accounts.ours].map((name) => [accounts.uids.get(name), name]));
  return sources.flatMap(({ name, uid }): readonly Finding[] => {
    const owner = owners.get(uid);
    if (owner === undefined) return [];
    const message = `UID ${uid} is that of ${owner}, under which a part of this server runs`;
    const remedy = `Write another number, for example uid: ${freeUid(taken)}.`;
    return [{ file, ...locate(['sources', name, 'uid'], 'value'), code: 'reserved-uid', message, remedy }];
  });
};

const sharedKeys = (sources: readonly Source[], { file, locate }: Context): readonly Finding[] => {
  const seen = new Map<string, { readonly name: SourceName; readonly path: readonly PropertyKey[] }>();
  const places = sources.flatMap(({ name, keys }) =>
    keys.map((key, index) => ({ name, key, path: ['sources', name, 'keys', index] })),
  );
  return places.flatMap(({ name, key, path }): readonly Finding[] => {
    // A lone `key` has no list; `locate` then answers with the source, so ask for it by its own name.
    const at = placeOfKey(locate, path);
    const first = seen.get(key.blob);
    if (first === undefined) {
      seen.set(key.blob, { name, path });
      return [];
    }
    const line = placeOfKey(locate, first.path).line;
    const message =
      first.name === name
        ? `this key (${key.fingerprint}) stands twice under "${name}" (line ${line})`
        : `this key (${key.fingerprint}) already belongs to "${first.name}" (line ${line})`;
    const remedy =
      first.name === name
        ? 'Delete one of the two.'
        : 'Make a key for each machine: berth enroll does, and prints the line.';
    return [{ file, ...at, code: 'shared-key', message, remedy }];
  });
};

const placeOfKey = (locate: Locate, path: readonly PropertyKey[]) => {
  const source = path.slice(0, 2);
  const list = locate([...source, 'keys'], 'key');
  const whole = locate(source, 'key');
  const hasList = list.line !== whole.line || list.column !== whole.column;
  return hasList ? locate(path, 'value') : locate([...source, 'key'], 'value');
};

/** What `access: sftp` cannot promise is said before it is relied on. */
const sftpWarnings = (sources: readonly Source[], { file, locate }: Context): readonly Finding[] =>
  sources
    .filter(({ access, immutable }) => access === 'sftp' && !immutable)
    .map((source) => {
      const { name } = source;
      const message = `"${name}" stores by SFTP: ${sftpPromise(source)}`;
      const remedy =
        'Use restic (berth enroll) where a program can run; otherwise add immutable: true. See docs/sftp.md.';
      return { file, ...locate(['sources', name, 'access'], 'value'), code: 'sftp', message, remedy };
    });

/** It works, because permissions ask for numbers only; but on this host the number means somebody else as well. */
const foreignUids = (
  sources: readonly Source[],
  { file, locate, accounts }: Context,
  taken: ReadonlySet<number>,
): readonly Finding[] => {
  const owners = new Map<number, string>();
  for (const [name, uid] of accounts.uids) if (!owners.has(uid) && !accounts.ours.has(name)) owners.set(uid, name);
  return sources.flatMap(({ name, uid }): readonly Finding[] => {
    const owner = owners.get(uid);
    if (owner === undefined) return [];
    const message = `UID ${uid} is also the account ${owner} of this host, which could read the backups of "${name}"`;
    const remedy = `If that is not meant, write another number before the first backup, for example uid: ${freeUid(taken)}.`;
    return [{ file, ...locate(['sources', name, 'uid'], 'value'), code: 'foreign-uid', message, remedy }];
  });
};
