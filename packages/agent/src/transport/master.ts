import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '@berth/common/errno.ts';
import { execa } from 'execa';
import type { Runtime } from './runtime.ts';
import { sshEnvironment } from './ssh-environment.ts';

/** How an attempt to open the multiplexed connection ended. `stderr` is ssh's own words. */
export type MasterStart =
  | { readonly kind: 'up'; readonly master: AsyncDisposable }
  | { readonly kind: 'failed'; readonly stderr: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cancelled' };

/**
 * Holds ssh on a leash: when our end of the pipe closes, which the kernel sees to even when the agent is killed with SIGKILL, the
 * directory goes and ssh ends. When ssh ends by itself the directory stays, for the connections later commands open.
 * ssh itself has /dev/null as input, because a background job of sh has.
 */
const leash = `
dir=$1; shift
exec 3<&0
"$@" 3<&- &
ssh=$!
{ read -r _ <&3; rm -rf -- "$dir"; kill "$ssh" 2>/dev/null; } &
watch=$!
wait "$ssh"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

/**
 * Opens the one connection of a run (an OpenSSH ControlMaster that runs no command) and returns once others can join it, which ssh shows
 * by its socket, made only after the server let us in. Never throws for what ssh or the network did.
 */
export const startMaster = async (
  runtime: Runtime,
  ssh: string,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<MasterStart> => {
  // At ERROR, ssh keeps to itself that the server has no host key of the pinned type.
  const argv = [ssh, '-F', runtime.configFile, '-o', 'ControlMaster=yes', '-o', 'LogLevel=INFO', '-N', 'berth'];
  const child = execa('sh', ['-c', leash, 'berth-ssh', runtime.directory, ...argv], {
    // A process group of its own: Ctrl-C reaches restic, which then still needs the connection to remove its lock.
    detached: true,
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'pipe',
    env: sshEnvironment(process.env),
    extendEnv: false,
    // The connection lives as long as the run; the run's own deadline disposes it.
  });
  let ended = false;
  const end = child.then((result) => {
    ended = true;
    return result.stderr;
  });
  const stop = async (): Promise<void> => {
    child.stdin.destroy();
    const done = await Promise.race([end.then(() => true), delay(stopMs, false, { ref: false })]);
    if (!done && child.pid !== undefined) killGroup(child.pid);
    await end;
  };
  const deadline = performance.now() + deadlineMs;
  while (!ended) {
    if (await exists(runtime.controlPath)) return { kind: 'up', master: { [Symbol.asyncDispose]: stop } };
    if (performance.now() > deadline || signal?.aborted) {
      await stop();
      return { kind: signal?.aborted ? 'cancelled' : 'timeout' };
    }
    await delay(10);
  }
  return { kind: 'failed', stderr: await end };
};

/** How long ssh may take to say goodbye before it is killed. */
const stopMs = 3_000;

/** It may have ended in this very moment: then there is nothing left to kill, and that is what was wanted. */
const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
