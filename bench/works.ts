import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { goneFolder } from './dataset.ts';
import { cpuSeconds } from './processes.ts';
import type { Line, Transport, Way } from './ways.ts';

/** What restic does in each round, in this order. */
export const works = ['first', 'unchanged', 'check', 'restore', 'prune'] as const;
export type Work = (typeof works)[number];

/** One measurement. */
export interface Sample {
  readonly work: Work;
  readonly rttMs: number;
  readonly transport: Transport;
  readonly seconds: number;
}

/** One round over one line. */
export interface Round {
  readonly samples: readonly Sample[];
  /** CPU seconds of the server during the first backup; null without a server. */
  readonly cpuSeconds: number | null;
}

interface Scene {
  readonly restic: string;
  /** What is backed up. */
  readonly dataset: string;
  /** For caches, passwords and restored files. */
  readonly scratch: string;
}

/**
 * A life of a repository over one line: made, filled (first), nothing new (unchanged), checked, brought back, and after
 * a run without 3 % of the data and a `forget`, pruned. Every round has a repository and a cache of its own.
 */
export const playRound = async (scene: Scene, line: Line, rttMs: number): Promise<Round> => {
  await line.clear();
  const directory = await mkdtemp(join(scene.scratch, 'round-'));
  try {
    await using way = await line.open(rttMs);
    const run = await resticOver(scene.restic, directory, way);
    const restored = join(directory, 'restored');
    await mkdir(restored);
    const samples: Sample[] = [];
    const timed = async (work: Work, ...words: readonly string[]): Promise<void> => {
      const started = performance.now();
      await run(...words);
      samples.push({ work, rttMs, transport: line.transport, seconds: (performance.now() - started) / 1000 });
    };
    await run('init');
    const before = line.serverPid === null ? 0 : cpuSeconds(line.serverPid);
    await timed('first', 'backup', scene.dataset);
    const used = line.serverPid === null ? null : cpuSeconds(line.serverPid) - before;
    await timed('unchanged', 'backup', scene.dataset);
    await timed('check', 'check');
    await timed('restore', 'restore', 'latest', '--target', restored);
    await run('backup', scene.dataset, '--exclude', join(scene.dataset, goneFolder));
    await run('forget', '--keep-last', '1');
    await timed('prune', 'prune');
    return { samples, cpuSeconds: used };
  } finally {
    await rm(directory, { recursive: true, force: true });
    await line.clear();
  }
};

/** restic with the environment and the words that the agent gives it; `directory` gets its cache and password. */
export const resticOver = async (restic: string, directory: string, { repository, words }: Way) => {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'bench\n', { mode: 0o600 });
  const places = ['--password-file', passwordFile, '--cache-dir', join(directory, 'cache')];
  const common = ['--repo', repository, ...places, ...words, '--quiet'];
  const { PATH: path = '', HOME: home = directory, TMPDIR: temporary = '/tmp' } = process.env;
  const env = { PATH: path, HOME: home, TMPDIR: temporary, LC_ALL: 'C.UTF-8' };
  return async (...command: readonly string[]): Promise<void> => {
    await execa(restic, [...common, ...command], { env, extendEnv: false, stdin: 'ignore', timeout: 3_600_000 });
  };
};
