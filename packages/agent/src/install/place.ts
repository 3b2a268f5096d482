import { constants, realpathSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Home } from '../config/home.ts';
import type { Place } from './plan.ts';
import { type Found, programOf } from './program.ts';

/** This process's own place: which program it is, whose, and where. Throws the Problems of `programOf`. */
export const placeHere = async (args: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: Home;
  /** What `--home` said. */
  readonly named: string | undefined;
}): Promise<Place> => {
  const { env, uid, home, named } = args;
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const found = await Promise.all(['restic', 'ssh'].map((name) => find(name, folders, uid)));
  const program = programOf({
    execPath: process.execPath,
    // A link to it may be gone tomorrow; what it leads to is what runs.
    script: realpathSync(process.argv[1] ?? ''),
    home: named === undefined ? null : resolve(named),
    ...{ env, platform: process.platform, found: found.filter((one) => one !== null) },
  });
  const personal = env['HOME'] ?? homedir();
  const xdg = (name: string, fallback: string): string => {
    const named = env[name];
    return named !== undefined && isAbsolute(named) ? named : join(personal, fallback);
  };
  return {
    ...{ program, uid, user: userName(env), personal, state: home.state, host: hostname() },
    configuration: xdg('XDG_CONFIG_HOME', '.config'),
    data: xdg('XDG_DATA_HOME', '.local/share'),
  };
};

/** On Windows with the domain, as its Task Scheduler wants it. */
const userName = (env: Readonly<Record<string, string | undefined>>): string => {
  const { username } = userInfo();
  const domain = env['USERDOMAIN'];
  return process.platform === 'win32' && domain !== undefined ? `${domain}\\${username}` : username;
};

/** The first folder that holds a program, as a shell finds it. */
export const find = async (name: string, folders: readonly string[], uid: number): Promise<Found | null> => {
  for (const folder of folders) {
    const there = await access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return { folder, trusted: await isTrusted(folder, uid) };
  }
  return null;
};

/**
 * Whether only root and, unless root asks, the person themself may put programs into a folder. A group may, where the folder is a person's:
 * many systems give everybody a group of their own.
 */
const isTrusted = async (folder: string, uid: number): Promise<boolean> => {
  const about = await stat(folder);
  if (uid === 0) return about.uid === 0 && (about.mode & 0o022) === 0;
  return (about.uid === 0 || about.uid === uid) && (about.mode & 0o002) === 0;
};
