import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Mode } from '../../accounts/layout.ts';
import { readSecretFile, secretOf } from '../../monitor/secret.ts';
import { replaceFile } from '../../replace-file.ts';
import { type Phone, phonesFolder, runtimeFolder } from './places.ts';

/** Whose the folders are. In rootless mode everything is our own. */
interface Where {
  readonly mode: Mode;
  /** By our own path. */
  readonly runtimeDir: string;
}

/**
 * Makes the phone's folder of the runtime: root's, and walked by the phone's UID alone (0710). Idempotent. What a
 * killed command has left in it goes. Needs no more of root than to give a folder's group away: in the container it has no CAP_DAC_OVERRIDE.
 */
export const ensureRuntimeFolder = ({ mode, runtimeDir }: Where, { uid }: Pick<Phone, 'uid'>): void => {
  const folder = runtimeFolder(runtimeDir, { uid });
  for (const path of [phonesFolder(runtimeDir), folder]) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
  removeLeftovers(folder);
  if (mode === 'rootless') return;
  chmodSync(phonesFolder(runtimeDir), 0o755);
  if (lstatSync(folder).gid !== uid) chownSync(folder, 0, uid);
  chmodSync(folder, 0o710);
};

/** The name of a door that a command opens for itself, which its process is known by. */
export const ownDoorName = (pid: number): string => `cli-${pid}.sock`;

/** What has the number of a process in its name that is no more. */
const removeLeftovers = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const [, pid] = /^(?:cli-|password\.)(\d+)(?:\.|$)/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { force: true });
  }
};

/** Removes the runtime folders of all phones but these. */
export const removeOtherRuntimeFolders = (runtimeDir: string, phones: readonly Pick<Phone, 'uid'>[]): void => {
  const kept = new Set(phones.map(({ uid }) => String(uid)));
  for (const name of namesIn(phonesFolder(runtimeDir))) {
    if (!kept.has(name)) rmSync(join(phonesFolder(runtimeDir), name), { recursive: true, force: true });
  }
};

/**
 * The file with the repository's password that the phone's processes can read: a copy of the admin's, for the phone's UID alone (0400) and on no
 * disk; in rootless mode the admin's own. `runtime` is the phone's folder by our own path; the answer is a name in it, or a whole path. Throws
 * `password-unreadable` with what to do.
 */
export const passwordFor = (
  { mode, configFolder, runtime }: { readonly mode: Mode; readonly configFolder: string; readonly runtime: string },
  { name, uid, ingest }: Pick<Phone, 'name' | 'uid' | 'ingest'>,
): string => {
  const own = resolve(configFolder, ingest.passwordFile);
  const password = secretOf(own, readSecretFile(own));
  if (!password.ok) {
    const sentence = `The password of ${name}'s repository can not be read: ${password.message}.`;
    throw new Problem('password-unreadable', sentence, password.remedy);
  }
  if (mode === 'rootless') return own;
  const copy = join(runtime, passwordName);
  // The server and a command may be at it at the same time.
  const making = `${copy}.${process.pid}`;
  replaceFile(making, `${password.value}\n`, 0o400);
  chownSync(making, uid, uid);
  renameSync(making, copy);
  return passwordName;
};

const passwordName = 'password';

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};
