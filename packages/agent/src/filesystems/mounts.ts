/** A mount as the kernel tells it; proc(5), /proc/pid/mountinfo. */
export interface Mount {
  /** Where it stands. */
  readonly target: string;
  readonly type: string;
  /** The device, or what the file system calls itself (`pool/data`). */
  readonly source: string;
  /** The folder of the file system that stands there: `/`, `/@home`, or what somebody bound. */
  readonly root: string;
}

/** The mounts that can be seen, in the order of their targets: of several at one place the last covers the others. */
export const mountsOf = (mountinfo: string): readonly Mount[] => {
  const seen = new Map<string, Mount>();
  for (const line of mountinfo.split('\n')) {
    const words = line.split(' ');
    const dash = words.indexOf('-');
    const [, , , root, target] = words;
    const [type, source] = dash < 6 ? [] : words.slice(dash + 1);
    if (root === undefined || target === undefined || type === undefined || source === undefined) continue;
    const mount = { target: plain(target), type, source: plain(source), root: plain(root) };
    // What was mounted below it before can't be seen any more.
    for (const other of seen.keys()) if (isBelow(other, mount.target)) seen.delete(other);
    seen.set(mount.target, mount);
  }
  return [...seen.values()].toSorted((a, b) => (a.target < b.target ? -1 : 1));
};

/** The mount that a path lies in. */
export const mountOf = (path: string, mounts: readonly Mount[]): Mount | null =>
  mounts
    .filter(({ target }) => target === path || isBelow(path, target))
    .reduce<Mount | null>(
      (deepest, next) => (deepest === null || next.target.length > deepest.target.length ? next : deepest),
      null,
    );

/** Strictly below. */
export const isBelow = (path: string, folder: string): boolean =>
  path !== folder && path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/** From `folder` on, with a slash in front; empty for the folder itself. */
export const restOf = (path: string, folder: string): string =>
  path === folder ? '' : `/${path.slice(folder.endsWith('/') ? folder.length : folder.length + 1)}`;

/** The kernel writes blanks, newlines and backslashes as three octal digits. */
const plain = (word: string): string => {
  const bytes = Buffer.from(word, 'utf8').toString('latin1');
  const raw = bytes.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return Buffer.from(raw, 'latin1').toString('utf8');
};
