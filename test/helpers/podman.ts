import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { openContainers } from '../../packages/agent/src/containers/docker.ts';

/** Ends what names a folder of ours in its arguments: nobody else knows its name. */
const endAll = async (folder: string): Promise<void> => {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!line.includes(`${folder}/`)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
};

/** Podman with a store, a socket and containers of its own; all of it goes when it is disposed of. */
export const startPodman = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-podman-'));
  const words: readonly [string, ...string[]] = [
    'podman',
    ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'],
    // crun refuses the mixed control groups that some machines still have.
    ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
  ];
  const [program, ...options] = words;
  /** `env` is for what its arguments must not hold: `--env NAME` alone takes the value from there. */
  const podman = (
    args: readonly string[],
    about: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
  ) => execa(program, [...options, ...args], { reject: false, input: '', timeout: 60_000, ...about });
  const socket = join(folder, 'podman.sock');
  const service = spawn(program, [...options, 'system', 'service', '--time', '0', `unix://${socket}`], {
    stdio: 'ignore',
  });
  const ended = once(service, 'close').catch(() => undefined);
  const dispose = async (): Promise<void> => {
    await podman(['rm', '--all', '--force', '--time', '1']);
    service.kill('SIGTERM');
    await ended;
    // What ran by `exec` is looked after for five minutes more, and cleaned up after that, in a folder made anew.
    await endAll(folder);
    // What Podman has look after each container cleans up a moment later, and makes its folders anew for that.
    for (let tries = 0; tries < 5; tries += 1) {
      await rm(folder, { recursive: true, force: true });
      await sleep(400);
    }
  };
  const where = `unix://${socket}`;
  for (let tries = 0; ; tries += 1) {
    try {
      return { words, podman, folder, where, containers: await openContainers(where, {}), dispose };
    } catch (error) {
      if (tries > 150) {
        await dispose();
        throw error;
      }
      await sleep(200);
    }
  }
};
/** See `startPodman`. */
export type Podman = Awaited<ReturnType<typeof startPodman>>;

/** Why this machine cannot start containers by Podman; null where it can. */
export const noPodman = async (more: readonly string[] = []): Promise<string | null> => {
  for (const name of ['podman', 'runc', ...more]) {
    if ((await execa(name, ['--version'], { reject: false })).failed) return `${name} is not installed here`;
  }
  return process.getuid?.() === 0 ? null : 'only root has podman start containers by runc here';
};
