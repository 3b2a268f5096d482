import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { ensureFolder } from '../../accounts/files.ts';
import { socketFolder } from '../../coordinator/paths.ts';

/** Whose the folders are: the coordinator's account, or, without root, our own. */
export interface Owner {
  readonly uid: number;
  /** The group of a source's socket folder: the source's own; null leaves it to ours. */
  readonly groupOf: (source: { readonly uid: number }) => number | null;
}

/**
 * Makes the folder of the coordinator's or the monitor's own, 0700. What is there and ours, from a server that ran without root or from a copy that
 * root brought back, is given to it. Throws `coordinator-folder` (or `monitor-folder`) for what is somebody else's, or no folder: that is for
 * the admin to look at.
 */
export const ensureStateFolder = (
  folder: string,
  owner: number,
  whose: 'coordinator' | 'monitor' = 'coordinator',
): void => {
  const found = statOf(folder);
  if (found === null) {
    makeOwned(folder, 0o700, owner, owner);
    return;
  }
  if (found.isDirectory() && found.uid === owner) return;
  const isOurs = found.isDirectory() && found.uid === ownUid() && (found.mode & 0o022) === 0;
  if (!isOurs) throw notOurs(folder, found, owner, whose);
  // Nobody else could write in it, so what is in there was put there by us. The folder comes last: a crash leaves it ours.
  for (const name of readdirSync(folder)) lchownSync(join(folder, name), owner, owner);
  chmodSync(folder, 0o700);
  chownSync(folder, owner, owner);
};

/**
 * Makes in `control` a folder for the socket of each of these sources, which only the coordinator writes and only the
 * source's group walks (0710), and removes those of all others with their sockets. Needs no more of root than to give
 * files away: in the container it may not write what is another's.
 */
export const ensureSocketFolders = (
  control: string,
  sources: readonly { readonly name: string; readonly uid: number }[],
  { uid, groupOf }: Owner,
): void => {
  ensureFolder(control, uid === ownUid() ? 0o700 : 0o755);
  const listed = new Set(sources.map(({ name }) => name));
  for (const name of readdirSync(control)) if (!listed.has(name)) removeSocketFolder(join(control, name));
  for (const source of sources) {
    const folder = socketFolder(control, source.name);
    const group = groupOf(source) ?? process.getgid?.() ?? -1;
    const mode = uid === ownUid() ? 0o700 : 0o710;
    const found = statOf(folder);
    if (found === null) makeOwned(folder, mode, uid, group);
    // Another number of the source's: the socket stays, and with it whoever may still come by it.
    else if (found.isDirectory() && found.uid === uid && found.gid !== group) chownSync(folder, uid, group);
    else if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o7777) !== mode) {
      removeSocketFolder(folder);
      makeOwned(folder, mode, uid, group);
    }
  }
};

const notOurs = (folder: string, found: Stats, owner: number, whose: string): Problem => {
  const away = `mv ${folder} ${folder}.found`;
  if (!found.isDirectory()) {
    return new Problem(`${whose}-folder`, `${folder} is not a folder.`, `Move it away: ${away}`);
  }
  return new Problem(
    `${whose}-folder`,
    `${folder} belongs to UID ${found.uid}, or others may write in it; it must be the ${whose}'s (UID ${owner}) alone.`,
    `If it is the ${whose}'s: chown -hR ${owner}:${owner} ${folder} && chmod 700 ${folder}. Otherwise: ${away}`,
  );
};

/** A folder appears under its name only once it is what it should be: a crash in between leaves nothing that is half of it. */
const makeOwned = (folder: string, mode: number, uid: number, gid: number): void => {
  const temporary = join(dirname(folder), `.new-${basename(folder)}`);
  if (statOf(temporary) !== null) removeSocketFolder(temporary);
  mkdirSync(temporary, { mode: 0o700 });
  // While it is ours: a root without CAP_FOWNER may not do it later.
  chmodSync(temporary, mode);
  if (uid !== ownUid()) chownSync(temporary, uid, gid);
  renameSync(temporary, folder);
};

/** Takes the folder back first: then nobody else can put anything in it, and a root without CAP_DAC_OVERRIDE may empty it. */
const removeSocketFolder = (folder: string): void => {
  if (!lstatSync(folder).isDirectory()) {
    unlinkSync(folder);
    return;
  }
  if (ownUid() === 0) chownSync(folder, 0, 0);
  for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
  rmdirSync(folder);
};

const statOf = (path: string): Stats | null => {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
};

const ownUid = (): number => process.getuid?.() ?? -1;
