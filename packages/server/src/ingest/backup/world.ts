import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Home } from '@berth/agent/config/home.ts';
import type { Reach, RunRestic } from '@berth/agent/run/attempt.ts';
import type { RunWorld } from '@berth/agent/run/run.ts';
import { quoteForRestic, resticOption } from '@berth/agent/transport/quote.ts';
import { openRestic } from '@berth/common/restic/restic.ts';
import { coordinatorOn } from './coordinator.ts';
import { ingestProblem } from './ingest-problem.ts';
import type { IngestLook } from './marker.ts';
import { readyRepository } from './repository.ts';
import { forgiveVanished } from './vanished.ts';

/** Where a phone's run finds what an agent finds on its machine and over its line. */
export interface IngestPlace {
  readonly name: string;
  readonly ingest: string;
  readonly home: Home;
  readonly passwordFile: string;
  readonly receiveSocket: string;
  readonly controlSocket: string;
  readonly restic: string;
  readonly dial: readonly string[];
  readonly timeZone: string;
  /** A look at `ingest`, now. */
  readonly look: () => Promise<IngestLook>;
}

/**
 * The world of a phone's run: this machine's clock, restic in the folder where the files arrive, the store behind a socket instead of
 * ssh (decisions/0023), and the coordinator on its own. `path` is where restic looks for programs, and all it learns of the environment
 * but two folders of the phone's and the server's zone.
 */
export const ingestWorld = (place: IngestPlace, path: string): RunWorld => ({
  now: () => new Date(),
  sleep,
  sleepBeside: sleep,
  random: Math.random,
  reach: (_config, signal) => reach(place, path, signal),
  // A phone's folder is files and nothing else.
  beside: null,
  coordinator: (_config, signal) => coordinatorOn(place.controlSocket, signal),
  lastResort: (text) => void process.stderr.write(text),
});

/** As the agent's own: after that time or when `signal` aborts. */
export const sleep = async (delayMs: number, signal: AbortSignal): Promise<void> =>
  pause(Math.min(Math.max(0, delayMs), 2 ** 31 - 1), undefined, { signal }).catch(() => undefined);

/** restic's words for a store that whoever listens on `socket` serves: `dial` joins it with the standard streams restic gives it. */
export const storeBehind = (
  socket: string,
  dial: readonly string[],
): { readonly repository: string; readonly options: readonly string[] } => ({
  // restic hands the remote's name to the program, which has no use for it.
  repository: 'rclone:receive',
  options: [resticOption('rclone.program', quoteForRestic([...dial, socket])), resticOption('rclone.args', '')],
});

const reach = async (place: IngestPlace, path: string, signal: AbortSignal): Promise<Reach> => {
  const { name, ingest, home, look, timeZone } = place;
  const temporary = join(home.state, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  await forgetOld(temporary, Date.now());
  const restic = await openRestic({
    ...storeBehind(place.receiveSocket, place.dial),
    binary: place.restic,
    passwordFile: place.passwordFile,
    cacheDirectory: home.cache,
    env: { PATH: path, HOME: home.directory, TMPDIR: temporary, TZ: timeZone },
    directory: ingest,
  });
  await readyRepository({ restic, noteFile: join(home.state, 'repository'), name, signal });
  const backup: RunRestic['backup'] = async (request, call) => {
    await requireIngest(name, ingest, look);
    const result = await restic.backup(request, call);
    // A disk that went away under restic took all of its files with it.
    return (await look()) === 'ok' ? forgiveVanished(result) : result;
  };
  return { restic: { ...restic, backup }, [Symbol.asyncDispose]: async () => undefined };
};

/** What a restic or a look into the past has left that was killed. None of them lasts so long. */
const forgetOld = async (folder: string, nowMs: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Whose it is may just have removed it.
    const found = await lstat(path).catch(() => null);
    if (found !== null && nowMs - found.mtimeMs > 7 * 86_400_000) await rm(path, { recursive: true, force: true });
  }
};

/** Throws 'ingest-missing' or 'ingest-unreadable'. */
const requireIngest = async (name: string, ingest: string, look: IngestPlace['look']): Promise<void> => {
  const seen = await look();
  if (seen !== 'ok') throw ingestProblem({ name, ingest }, seen);
};
