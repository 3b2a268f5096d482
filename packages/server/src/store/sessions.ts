import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Disk } from './disk.ts';

/** This session's folder below `incoming/`, which also says to others that it lives. */
export interface Registration {
  readonly folder: string;
  /** True when no other session of the source lived a moment ago. */
  readonly isAlone: () => Promise<boolean>;
  readonly end: () => Promise<void>;
  /** How many dead sessions had left something, which is removed. */
  readonly removed: number;
}

/** `exclusive` is an admin's work during which nobody else may touch the source: a rewind, a repair. */
export type Presence = 'shared' | 'exclusive';

/** True while a process of this number runs as the same user: another user's process is not a session of this source. */
export type IsAlive = (pid: number) => boolean;

/** The real `IsAlive`, by signal 0. */
export const isProcessAlive: IsAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The process that a folder in `incoming/` belongs to, or null for a name that no session has. */
export const pidOf = (name: string): number | null => {
  const number = /^([1-9]\d{0,9})(?:-exclusive)?$/.exec(name)?.[1];
  return number === undefined ? null : Number(number);
};

/**
 * Registers the session of process `pid` and removes what dead sessions left in `incoming`: uploads that were never
 * published. A folder of our own number is a dead session's too, whose number came round again. Throws the Problem
 * `source-busy` when an exclusive one lives, or when ours is to be exclusive and any other lives: each makes itself
 * known before it looks, so two that begin at once may both give way, and never both go on.
 */
export const register = async (args: {
  readonly disk: Disk;
  readonly incoming: string;
  readonly pid: number;
  readonly isAlive: IsAlive;
  readonly presence: Presence;
}): Promise<Registration> => {
  const { disk, incoming, pid, isAlive, presence } = args;
  const name = presence === 'exclusive' ? `${pid}-exclusive` : String(pid);
  const folder = join(incoming, name);
  for (const stale of [String(pid), `${pid}-exclusive`]) await disk.removeFolder(join(incoming, stale));
  await disk.makeFolder(folder);

  const others = async (): Promise<readonly string[]> => (await disk.list(incoming)).filter((other) => other !== name);
  const lives = (other: string): boolean => {
    const number = pidOf(other);
    return number !== null && isAlive(number);
  };
  const end = (): Promise<void> => disk.removeFolder(folder);

  let removed = 0;
  for (const other of await others()) {
    if (!lives(other)) {
      await disk.removeFolder(join(incoming, other));
      removed += 1;
    } else if (presence === 'exclusive' || other.endsWith('-exclusive')) {
      await end();
      throw presence === 'exclusive' ? sessionsLive() : workedOn();
    }
  }
  return { folder, isAlone: async () => !(await others()).some(lives), end, removed };
};

const workedOn = (): Problem =>
  new Problem('source-busy', 'The admin of the server is working on this source.', 'Try again in a few minutes.');

const sessionsLive = (): Problem =>
  new Problem(
    'source-busy',
    'A session of this source lives: a backup, a restore or a check.',
    'Wait until it has ended, or end it: berth-server status shows it.',
  );
