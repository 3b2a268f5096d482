import type { Disk } from './disk.ts';
import { groupCommit } from './group-commit.ts';

/** Makes names durable: at once and shared among callers, or later, when the session ends. */
export interface FolderSync {
  /** Resolves when every name made in `folder` before the call is on disk. */
  readonly now: (folder: string) => Promise<void>;
  /** Notes that names in `folder` changed in a way the journal can repeat after a power cut. */
  readonly later: (folder: string) => void;
  /** Syncs what was noted. */
  readonly settle: () => Promise<void>;
}

/** A `FolderSync` over `disk`. After a failed sync of a folder, every later one of it fails too. */
export const folderSync = (disk: Disk): FolderSync => {
  const commits = new Map<string, () => Promise<void>>();
  const noted = new Set<string>();
  const failed = new Map<string, unknown>();

  const commitOf = (folder: string): (() => Promise<void>) => {
    const sync = async (): Promise<void> => {
      if (failed.has(folder)) throw failed.get(folder);
      try {
        await disk.syncFolder(folder);
      } catch (error) {
        failed.set(folder, error);
        throw error;
      }
    };
    const commit = commits.get(folder) ?? groupCommit(sync);
    commits.set(folder, commit);
    return commit;
  };

  return {
    now: (folder) => commitOf(folder)(),
    later: (folder) => {
      noted.add(folder);
    },
    settle: async () => {
      for (const folder of noted) await commitOf(folder)();
      noted.clear();
    },
  };
};
