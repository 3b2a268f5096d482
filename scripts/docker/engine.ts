import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cache, requirePrograms } from './programs.ts';

const readyWithinMs = 60_000;

/** A Docker engine that answers; disposing it stops it if it was started here, and only then. */
export interface Engine extends AsyncDisposable {
  /** The pid of our own dockerd; null for an engine that was there before. */
  readonly pid: number | null;
}

/**
 * The engine this machine has, or one of our own: Debian's docker.io, with `dockerd` as our child and its usual folders, so images stay for the
 * next time. Needs root then. Rejects with the engine's last words when it does not start.
 */
export const withEngine = async (): Promise<Engine> => {
  if (await answers()) return { pid: null, [Symbol.asyncDispose]: async () => undefined };
  await requirePrograms({ dockerd: 'docker.io', docker: 'docker.io', iptables: 'iptables' });
  await mkdir(cache, { recursive: true });
  const log = join(cache, 'dockerd.log');
  const output = openSync(log, 'w');
  // A process group of its own: Ctrl-C ends the tests, and they end the engine, which then has containers to stop first.
  // Should they be killed, it ends as well.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd'], {
    stdio: ['ignore', output, output],
    detached: true,
  });
  const ended = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('dockerd did not start.');
  child.unref();
  const stop = async (): Promise<void> => {
    child.ref();
    child.kill('SIGTERM');
    await ended;
  };
  const deadline = performance.now() + readyWithinMs;
  while (!(await answers())) {
    const isGone = child.exitCode !== null || child.signalCode !== null;
    if (!isGone && performance.now() < deadline) {
      await sleep(200);
      continue;
    }
    if (!isGone) await stop();
    const words = (await readFile(log, 'utf8')).trim().split('\n').slice(-15).join('\n');
    throw new Error(`The Docker engine does not start. Its last words:\n${words}`);
  }
  return { pid, [Symbol.asyncDispose]: stop };
};

const answers = async (): Promise<boolean> => {
  const { failed } = await execa('docker', ['version', '--format', '{{.Server.Version}}'], {
    reject: false,
    timeout: 10_000,
  });
  return !failed;
};
