import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file or folder that somebody else than root may change, though root runs what is in it. */
export interface Exposed {
  readonly path: string;
  /** The owner's name, `the group NAME`, or `anyone`. */
  readonly to: string;
}

/** What is asked of the disk; tests give their own. */
export interface Look {
  /** Null where nothing is, or nothing can be seen. */
  readonly at: (path: string) => Promise<{
    readonly uid: number;
    readonly gid: number;
    readonly mode: number;
    readonly isLink: boolean;
  } | null>;
  /** Where the links in a path lead; the path itself where nothing is. */
  readonly real: (path: string) => Promise<string>;
  readonly user: (uid: number) => string;
  readonly group: (gid: number) => string;
}

/**
 * Of each path the outermost part that others than root may replace or write to, each once. Looks at the links and at what they lead to. A
 * folder such as /tmp, in which nobody may replace what is another's, counts as root's.
 */
export const exposed = async (paths: readonly string[], look: Look): Promise<readonly Exposed[]> => {
  const found = new Map<string, Exposed>();
  for (const path of paths) {
    const one = (await outermost(path, look)) ?? (await outermost(await look.real(path), look));
    if (one !== null) found.set(one.path, one);
  }
  return [...found.values()];
};

const outermost = async (path: string, look: Look): Promise<Exposed | null> => {
  for (const part of partsOf(path)) {
    const about = await look.at(part);
    if (about === null) return null;
    const to = toWhom(about, look);
    if (to !== null) return { path: part, to };
  }
  return null;
};

/** `/`, `/opt`, `/opt/node`. */
const partsOf = (path: string): readonly string[] => {
  const parent = dirname(path);
  return parent === path ? [path] : [...partsOf(parent), path];
};

const sticky = 0o1000;

const toWhom = (
  { uid, gid, mode, isLink }: NonNullable<Awaited<ReturnType<Look['at']>>>,
  { user, group }: Look,
): string | null => {
  if (uid !== 0) return user(uid);
  // What a link allows means nothing, and in a sticky folder each part has its own owner, who is looked at next.
  if (isLink || (mode & sticky) !== 0) return null;
  if ((mode & 0o002) !== 0) return 'anyone';
  return (mode & 0o020) !== 0 && gid !== 0 ? `the group ${group(gid)}` : null;
};

/** This machine's disk, with names from /etc/passwd and /etc/group. */
export const lookHere = async (): Promise<Look> => {
  const [users, groups] = await Promise.all(['/etc/passwd', '/etc/group'].map(namesIn));
  return {
    at: async (path) => {
      const about = await lstat(path).catch(() => null);
      if (about === null) return null;
      const { uid, gid, mode } = about;
      // Of a file the sticky bit means nothing.
      return { uid, gid, mode: about.isDirectory() ? mode : mode & 0o777, isLink: about.isSymbolicLink() };
    },
    real: (path) => realpath(path).catch(() => path),
    user: (uid) => users?.get(uid) ?? `user ${uid}`,
    group: (gid) => groups?.get(gid) ?? `${gid}`,
  };
};

const namesIn = async (file: string): Promise<ReadonlyMap<number, string>> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  const rows = text.split('\n').map((line) => line.split(':'));
  return new Map(rows.flatMap(([name, , id]) => (name && id && /^\d+$/.test(id) ? [[Number(id), name] as const] : [])));
};
