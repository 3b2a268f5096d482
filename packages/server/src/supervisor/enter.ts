import { readlinkSync, statSync } from 'node:fs';
import { execve } from 'node:process';
import { Problem } from '@berth/common/problem.ts';
import { execaSync } from 'execa';
import type { Mode } from '../accounts/layout.ts';
import { takeLock } from './lock.ts';
import type { Program } from './program.ts';

/** Set for the server once it holds the lock: the mount namespace it came from. */
const enteredVariable = 'BERTH_ENTERED_FROM';

/**
 * True when this process is the server itself: it holds the lock and, in private mode, is in a mount namespace of its
 * own.
 */
export const hasEntered = (mode: Mode): boolean => {
  const from = process.env[enteredVariable];
  if (from === undefined) return false;
  delete process.env[enteredVariable];
  if (mode !== 'private' || from !== mountNamespace()) return true;
  throw new Problem(
    'no-namespace',
    'The server got no mount namespace of its own.',
    `Unset ${enteredVariable} and start it again.`,
  );
};

/**
 * Becomes the server: takes the lock, leaves the host's mounts behind, and starts this command line anew, all in the
 * same process, so the pid stays. Never returns. When somebody else takes the lock in this very moment, flock ends it
 * with exit code 6.
 */
export const enter = (mode: Mode, program: Program, dataDir: string, args: readonly string[]): never => {
  requireTools(mode);
  const namespace = mode === 'private' ? ['unshare', '--mount', '--propagation', 'private', '--'] : [];
  const server = [program.node, ...process.execArgv, program.cli, ...args];
  const command = [...takeLock(dataDir, 6), ...namespace, ...server];
  return become(command, { ...process.env, [enteredVariable]: mountNamespace() });
};

/** The name of our mount namespace, such as `mnt:[4026531832]`. */
export const mountNamespace = (): string => readlinkSync('/proc/self/ns/mnt');

/**
 * Throws `data-missing` unless the data directory is there. It is never made by `run`: an unmounted disk must not
 * fill the system's.
 */
export const requireDataDir = (dataDir: string): void => {
  if (statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new Problem(
    'data-missing',
    `The data directory ${dataDir} does not exist.`,
    `Mount its disk, or make it: mkdir -p ${dataDir}; or name another with --data`,
  );
};

const requireTools = (mode: Mode): void => {
  for (const tool of ['flock', 'setpriv', ...(mode === 'private' ? ['unshare', 'mount'] : [])]) {
    if (!execaSync(tool, ['--version'], { reject: false }).failed) continue;
    throw new Problem(
      'tool-missing',
      `The program ${tool} is missing.`,
      'Install it: apt-get install util-linux mount',
    );
  }
};

const become = (command: readonly string[], environment: NodeJS.ProcessEnv): never => {
  if (execve === undefined) throw new Error('This Node has no process.execve; berth needs Node 24.');
  return execve('/usr/bin/env', ['env', ...command], environment);
};
