import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from './album.ts';

/** Somebody who looks at a folder all the time, until it is disposed. */
export interface Onlooker extends AsyncDisposable {
  /** What was seen that is no whole file of those that may be there, as `path hash`. */
  readonly partial: readonly string[];
  readonly looks: () => number;
}

/**
 * Looks at a mirror again and again, with what people never look at left out, and hashes whatever has changed: each must be one of the
 * `whole` at that time.
 */
export const watchMirror = (target: string, isWhole: (hash: string) => boolean): Onlooker => {
  const partial: string[] = [];
  const known = new Set<string>();
  const stopping = new AbortController();
  let looks = 0;
  const look = async (): Promise<void> => {
    for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || path.startsWith(join(target, '.berth/'))) continue;
      const { size, ino, ctimeNs } = await stat(path, { bigint: true }).catch(() => ({
        size: 0n,
        ino: 0n,
        ctimeNs: 0n,
      }));
      if (ino === 0n || known.has(`${ino} ${size} ${ctimeNs}`)) continue;
      known.add(`${ino} ${size} ${ctimeNs}`);
      const hash = sha256(await readFile(path));
      if (!isWhole(hash)) partial.push(`${path.slice(target.length + 1)} ${hash}`);
    }
    looks += 1;
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      // A folder may go while it is being read.
      await look().catch(() => undefined);
      await sleep(5);
    }
  })();
  return {
    partial,
    looks: () => looks,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await watching;
    },
  };
};

/** SIGKILL to every process with all of `words` in its command line, but ours; returns how many there were. */
export const killWith = async (...words: readonly string[]): Promise<number> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  let killed = 0;
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!words.every((word) => command.includes(word))) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
      killed += 1;
    } catch {
      // It has ended by itself.
    }
  }
  return killed;
};

/** What a mirror is working on: nothing of it may stay there once all is quiet. */
export const unfinishedIn = async (target: string): Promise<readonly string[]> =>
  readdir(join(target, '.berth/incoming')).catch(() => []);
