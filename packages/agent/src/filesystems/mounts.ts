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

interface Told extends Mount {
  readonly id: string;
  readonly parent: string;
}

/** The mounts that can be seen, in the order of their targets. */
export const mountsOf = (mountinfo: string): readonly Mount[] => {
  const told = mountinfo.split('\n').flatMap((line): readonly Told[] => {
    const words = line.split(' ');
    const [id, parent, , root, target] = words;
    const dash = words.indexOf('-');
    const [type, source] = dash < 6 ? [] : words.slice(dash + 1);
    if (id === undefined || parent === undefined || root === undefined) return [];
    if (target === undefined || type === undefined || source === undefined) return [];
    return [{ id, parent, target: plain(target), type, source: plain(source), root: plain(root) }];
  });
  return told
    .filter((mount) => !isCovered(mount, told) && !isHidden(mount, told))
    .map(({ target, type, source, root }) => ({ target, type, source, root }))
    .toSorted((a, b) => (a.target < b.target ? -1 : 1));
};

/** Another stands at the same place, on it. The lines have no order that would tell. */
const isCovered = (mount: Told, all: readonly Told[]): boolean =>
  all.some(({ id, parent, target }) => id !== mount.id && parent === mount.id && target === mount.target);

/** Something was mounted above it since. */
const isHidden = (mount: Told, all: readonly Told[], depth = 0): boolean => {
  const parent = all.find(({ id }) => id === mount.parent);
  if (parent === undefined || parent.id === mount.id || depth > 100) return false;
  const over = all.some(
    (other) =>
      other.id !== mount.id &&
      other.parent === parent.id &&
      (isBelow(mount.target, other.target) || (other.target === parent.target && mount.target !== parent.target)),
  );
  return over || isHidden(parent, all, depth + 1);
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
