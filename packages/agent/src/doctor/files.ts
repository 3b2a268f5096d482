import { stat } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';
import type { Home } from '../config/home.ts';
import { type Finding, failed, fine, warning } from './finding.ts';

/** Do the agent's secrets exist, belong to us, and to nobody else? Windows has no such modes, and its ACLs are not read. */
export const checkFiles = async (home: Home, uid: number): Promise<readonly Finding[]> => {
  const secrets = [
    { path: home.directory, what: 'home' },
    { path: home.key, what: 'key' },
    { path: home.password, what: 'password' },
  ];
  return Promise.all(secrets.map(({ path, what }) => checkOne(path, what, uid)));
};

const checkOne = async (path: string, what: string, uid: number): Promise<Finding> => {
  try {
    const { mode, uid: owner } = await stat(path);
    if (process.platform === 'win32') return fine(what, path);
    if (owner !== uid) {
      return warning(
        what,
        `${path} belongs to UID ${owner}, but this is UID ${uid}.`,
        `Run berth as its owner, or: chown ${uid} ${path}`,
      );
    }
    const open = mode & 0o077;
    if (open === 0) return fine(what, path);
    const right = what === 'home' ? '700' : '600';
    return failed(
      what,
      `Others on this machine can get at ${path} (mode ${(mode & 0o777).toString(8)}).`,
      `Run: chmod ${right} ${path}`,
    );
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return failed(what, `${path} is not there.`, 'Run "berth enroll" first.');
    if (isErrno(error, 'EACCES'))
      return failed(what, `${path} cannot be looked at.`, 'Run berth as the user who enrolled.');
    throw error;
  }
};
