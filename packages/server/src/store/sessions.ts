import { join } from 'node:path';
import type { Disk } from './disk.ts';

/** This session's folder below `incoming/`, which also says to others that it lives. */
export interface Registration {
  readonly folder: string;
  /** True when no other session of the source lived a moment ago. */
  readonly isAlone: () => Promise<boolean>;
  readonly end: () => Promise<void>;
}

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

/**
 * Registers the session of process `pid` and removes what dead sessions left in `incoming`: uploads that were never
 * published. A folder of our own number is a dead session's too, whose number came round again.
 */
export const register = async (disk: Disk, incoming: string, pid: number, isAlive: IsAlive): Promise<Registration> => {
  const others = async (): Promise<readonly string[]> =>
    (await disk.list(incoming)).filter((name) => name !== String(pid));
  const lives = (name: string): boolean => /^[1-9]\d{0,9}$/.test(name) && isAlive(Number(name));

  const folder = join(incoming, String(pid));
  await disk.removeFolder(folder);
  await disk.makeFolder(folder);
  for (const name of await others()) if (!lives(name)) await disk.removeFolder(join(incoming, name));
  return {
    folder,
    isAlone: async () => !(await others()).some(lives),
    end: () => disk.removeFolder(folder),
  };
};
