import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { sftpPaths } from '../sftp/paths.ts';
import type { Source } from '../sources/source.ts';
import { sourceFolders } from '../store/layout.ts';
import { ensureFolder } from './files.ts';
import type { AccountFinding } from './finding.ts';
import { unmappedId } from './user-namespace.ts';

/**
 * The folders that belong to a source itself, for each kind of access: those its sessions write, as the design's page
 * "The store on disk" lists them, and for SFTP what it stores and the copies of it (sftp/paths.ts).
 */
const foldersFor = { restic: sourceFolders, sftp: ['sftp/files', 'kept'] } as const;
/** A source that changed its access has both kinds. */
const folders = [...foldersFor.restic, ...foldersFor.sftp];

/** What a phone has beside it, below `phones/NAME`: the home of the agent's run, and its mirror's own folder. */
const phoneFolders = ['agent', 'mirror'];

/** Where a source's data is. */
export const homeIn = (dataDir: string, source: { readonly name: string }): string =>
  join(dataDir, 'sources', source.name);

/** Where a phone's own things are, beside what it has stored. */
export const phoneHomeIn = (dataDir: string, source: { readonly name: string }): string =>
  join(dataDir, 'phones', source.name);

/** A folder of ours, and those in it that belong to a source itself where they are there. */
interface Home {
  readonly path: string;
  readonly folders: readonly string[];
}

const homesOf = (dataDir: string, source: { readonly name: string }): readonly Home[] => [
  { path: homeIn(dataDir, source), folders },
  { path: phoneHomeIn(dataDir, source), folders: phoneFolders },
];

/**
 * Compares what is on disk with what a source needs, changing nothing. A folder that belongs to somebody else is
 * never re-owned: that is either a changed UID, and then the finding names the command, or a sign that two sources
 * are being mixed up. `ownerOf` gives the UID the folders must have (in rootless mode: always our own).
 */
export const directoryFindings = (
  dataDir: string,
  sources: readonly Source[],
  ownerOf: (source: Source) => number,
): readonly AccountFinding[] => sources.flatMap((source) => findingOf(dataDir, source, ownerOf(source)) ?? []);

/**
 * A UID that still owns the data of a removed source is not given to another one, who could then read it.
 */
export const leftoverFindings = (dataDir: string, sources: readonly Source[]): readonly AccountFinding[] => {
  const claimed = new Set<string>(sources.map(({ name }) => name));
  const byUid = new Map(sources.map((source) => [source.uid, source]));
  const names = new Set([...entriesOf(join(dataDir, 'sources')), ...entriesOf(join(dataDir, 'phones'))]);
  return [...names].flatMap((name): readonly AccountFinding[] => {
    if (claimed.has(name)) return [];
    const owned = homesOf(dataDir, { name }).flatMap((home) => {
      const uid = home.folders.map((folder) => statOf(join(home.path, folder))?.uid).find((uid) => uid !== undefined);
      return uid === undefined ? [] : [{ path: home.path, uid }];
    });
    const [first] = owned;
    const source = first === undefined ? undefined : byUid.get(first.uid);
    if (source === undefined) return [];
    const moves = owned.map(({ path }) => `mv ${path} ${join(dirname(path), source.name)}`).join(' && ');
    return [
      {
        code: 'uid-in-use',
        source: source.name,
        message: `UID ${source.uid} of ${source.name} still owns the data of ${name}, which sources.yaml no longer lists.`,
        remedy: `Give ${source.name} another UID; or, if it is ${name} under a new name: ${moves}`,
      },
    ];
  });
};

const findingOf = (dataDir: string, source: Source, owner: number): AccountFinding | null => {
  const finding = (code: AccountFinding['code'], message: string, remedy: string): AccountFinding => ({
    code,
    source: source.name,
    message,
    remedy,
  });
  const homes = homesOf(dataDir, source);
  for (const { path: home, folders } of homes) {
    const top = statOf(home);
    if (top === null) continue;
    if (!top.isDirectory()) {
      return finding('not-a-directory', `${home} is not a folder.`, `Move it away: mv ${home} ${home}.found`);
    }
    if (top.uid !== process.getuid?.()) {
      return finding(
        'not-ours',
        `${home} belongs to UID ${top.uid}; it must be the server's own.`,
        `If its data is this source's: chown -h ${process.getuid?.()} ${home}`,
      );
    }
    for (const folder of folders) {
      const path = join(home, folder);
      const stat = statOf(path);
      if (stat === null) continue;
      if (!stat.isDirectory()) {
        return finding('not-a-directory', `${path} is not a folder.`, `Move it away: mv ${path} ${path}.found`);
      }
      if (stat.uid !== owner) {
        const all = homes.flatMap((other) => other.folders.map((name) => join(other.path, name)));
        const present = all.filter((name) => statOf(name)?.isDirectory() === true);
        return finding(
          'uid-changed',
          `${source.name} has UID ${owner} now, but its data belongs to UID ${stat.uid}.`,
          `Write uid: ${stat.uid} again, or re-own the data: chown -hR ${owner}:${owner} ${present.join(' ')}`,
        );
      }
    }
  }
  return null;
};

/**
 * Makes what is missing and returns the sources for which anything was made. A folder appears under its name only
 * once it has its owner, so a crash in between leaves nothing that {@link directoryFindings} would take for somebody
 * else's.
 */
export const createDirectories = (
  dataDir: string,
  sources: readonly Source[],
  ownerOf: (source: Source) => number,
): readonly Source[] => {
  ensureFolder(join(dataDir, 'sources'), 0o755);
  if (sources.some(({ ingest }) => ingest !== null)) ensureFolder(join(dataDir, 'phones'), 0o755);
  return sources.filter((source) => {
    const home = homeIn(dataDir, source);
    const isNew = ensureHome(home);
    if (source.access === 'sftp') ensureFolder(sftpPaths(home).root, 0o755);
    const hasMade = createMissing(home, foldersFor[source.access], ownerOf(source));
    if (source.ingest === null) return isNew || hasMade;
    const phoneHome = phoneHomeIn(dataDir, source);
    ensureHome(phoneHome);
    return createMissing(phoneHome, phoneFolders, ownerOf(source)) || isNew || hasMade;
  });
};

/** True where it was made. */
const ensureHome = (home: string): boolean => {
  const top = statOf(home);
  if (top === null) mkdirSync(home);
  // Root's own folder in root's own folder: nobody else could have put something else there since the check.
  if (top === null || (top.mode & 0o7777) !== 0o755) chmodSync(home, 0o755);
  return top === null;
};

/** True where any of them was made. */
const createMissing = (home: string, wanted: readonly string[], owner: number): boolean => {
  const missing = wanted.filter((folder) => statOf(join(home, folder)) === null);
  for (const folder of missing) createOwned(home, folder, owner);
  return missing.length > 0;
};

const createOwned = (home: string, folder: string, owner: number): void => {
  const path = join(home, folder);
  const temporary = join(dirname(path), `.new-${basename(path)}`);
  if (statOf(temporary) !== null) rmdirSync(temporary);
  mkdirSync(temporary, { mode: 0o700 });
  if (owner !== process.getuid?.()) giveTo(owner, temporary);
  renameSync(temporary, path);
};

const giveTo = (owner: number, path: string): void => {
  try {
    chownSync(path, owner, owner);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EINVAL')) throw error;
    // chown(2): EINVAL is also what the kernel says of an ID that the user namespace does not have.
    const others = isErrno(error, 'EINVAL') ? unmappedId(owner) : null;
    if (others !== null) {
      throw new Problem(
        'uid-unmapped',
        `${path} can not be given to UID ${owner}: this container's user namespace has ${others} only.`,
        "Give the source one of these in sources.yaml, or the engine's user more subordinate ones (/etc/subuid, /etc/subgid).",
        { cause: error },
      );
    }
    throw new Problem(
      'no-owners',
      `${path} can not be given to UID ${owner}: its file system or container does not keep such owners.`,
      'Put the data on ext4, XFS, Btrfs or ZFS of this machine, or run without root.',
      { cause: error },
    );
  }
};

const entriesOf = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};

const statOf = (path: string): Stats | null => {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
};
