// An agent that ends itself with KILL at one moment of a run, as a power cut would: its words are a JSON object. Its repository is a local one, all
// else is what `berth backup` and `berth recover` do.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { homeOf } from '../../packages/agent/src/config/home.ts';
import { loadConfig } from '../../packages/agent/src/config/load.ts';
import { type AtKillPoint, killPoints } from '../../packages/agent/src/containers/kill-points.ts';
import type { Taken } from '../../packages/agent/src/filesystems/snapshots.ts';
import { isRight, recover } from '../../packages/agent/src/recover/recover.ts';
import type { Things } from '../../packages/agent/src/recover/things.ts';
import { recoverWorld } from '../../packages/agent/src/recover/world.ts';
import { runBackup } from '../../packages/agent/src/run/run.ts';
import { noCoordinator } from '../../packages/agent/src/run/testing.ts';
import { realWorld } from '../../packages/agent/src/run/world.ts';
import { openRestic } from '../../packages/common/src/restic/restic.ts';

/** What it is told to do. */
export const killableWords = z.object({
  work: z.enum(['backup', 'recover']),
  home: z.string(),
  restic: z.string(),
  repository: z.string(),
  /** Null: it lives. */
  killAt: z.enum(killPoints).nullable(),
});

const main = async (): Promise<void> => {
  const { work, home: directory, restic, repository, killAt } = killableWords.parse(JSON.parse(process.argv[2] ?? ''));
  const { env } = process;
  const home = homeOf({ directory, env, uid: 0 });
  const at: AtKillPoint = async (point) => {
    if (point !== killAt) return;
    // What was just sent is on its way, and not answered yet.
    if (point.endsWith('-sent') || point.endsWith('-midway')) await sleep(20);
    process.kill(process.pid, 'SIGKILL');
    await sleep(60_000);
  };
  if (work === 'recover') {
    const config = await loadConfig(home.config);
    const end = await recover(home, recoverWorld({ home, env, config, at }), new AbortController().signal);
    process.stdout.write(`${JSON.stringify(end)}\n`);
    process.exitCode = isRight(end) ? 0 : 1;
    return;
  }
  const real = realWorld(home, env, (text) => process.stderr.write(text), at);
  const { beside } = real;
  if (beside === null) throw new Error('this machine has nothing beside files');
  const local = await openRestic({
    ...{ binary: restic, repository, passwordFile: home.password, cacheDirectory: home.cache, env },
  });
  const { report } = await runBackup({
    home,
    loadConfig: () => loadConfig(home.config),
    world: {
      ...real,
      beside: {
        ...beside,
        open: async (config, signal) => {
          const opened = await beside.open(config, signal);
          const taken = join(home.state, '.berth-taken');
          return { ...opened, takeSnapshots: () => standIn(opened.engines.things, taken, at) };
        },
      },
      coordinator: () => noCoordinator,
      reach: async () => ({
        ...{ restic: local, behind: async () => local, [Symbol.asyncDispose]: async () => undefined },
      }),
    },
    signal: new AbortController().signal,
    berthVersion: '0.1.0',
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
};

/** For a snapshot of a file system, which not every disk can: a folder that has to be gone afterwards. test/btrfs.test.ts has real ones. */
const standIn = async (things: Things, path: string, at: AtKillPoint): Promise<Taken> => {
  const note = await things.note({ kind: 'folder', path });
  await at('snapshot-noted');
  await mkdir(path);
  await at('snapshot-taken');
  return {
    ...{ covered: [], live: [], prefix: [] },
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true });
      await note.done();
    },
  };
};

if (import.meta.main) await main();
