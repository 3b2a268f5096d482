import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Looks at the arguments of every process of the machine, again and again, until disposed of. `found` are those that held one of the words. */
export const watchArguments = (words: readonly string[]) => {
  const found = new Set<string>();
  const stop = new AbortController();
  let looks = 0;
  const look = async (): Promise<void> => {
    const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    for (const pid of processes) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (words.some((word) => line.includes(word))) found.add(line.replaceAll('\0', ' '));
    }
    looks += 1;
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await sleep(5, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    found,
    looks: () => looks,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await watching;
    },
  };
};
