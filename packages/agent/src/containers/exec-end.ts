import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Container } from './containers.ts';
import { startWithin } from './exec-start.ts';

const graceMs = 5_000;
const goneWithinMs = 10_000;
const answerWithinMs = 30_000;

/** A process in a container that is to end. */
export interface Executed {
  readonly docker: Docker;
  readonly exec: Docker.Exec;
  readonly socket: Duplex;
  readonly container: Container;
  /** Its number in the container; null before it was said, or without a shell. */
  readonly pid: number | null;
  readonly user: string | null;
}

/** Ends it, TERM then KILL after 5 s: closing its stream does not (tried, Docker 20.10 and Podman 4.3). Rejects when it still runs then. */
export const endExecuted = async (executed: Executed): Promise<void> => {
  const { exec, socket, pid } = executed;
  // Without a number it still waits for its first line, which now never comes.
  if (pid === null) socket.destroy();
  for (const [name, withinMs] of [
    ['TERM', graceMs],
    ['KILL', goneWithinMs],
  ] as const) {
    await send(executed, name);
    if (await isGone(exec, withinMs)) {
      socket.destroy();
      return;
    }
  }
  socket.destroy();
  throw new Error('the process in the container does not end');
};

const send = async ({ docker, exec, container, pid, user }: Executed, name: 'TERM' | 'KILL'): Promise<void> => {
  if (pid !== null) return signalExecuted(docker, container.id, pid, name, user);
  const { Pid } = await exec.inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) });
  if (Pid > 1 && (await isOf(Pid, container.id))) {
    try {
      process.kill(Pid, `SIG${name}`);
    } catch {
      // It ended by itself, or is not ours to end: the wait that follows finds out.
    }
  }
};

/** The engine's number of a process is only good here if the process stands here too, in that container's group. */
const isOf = async (pid: number, container: string): Promise<boolean> =>
  (await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')).includes(container);

/**
 * Sends a signal to a process in a container and to its group, of which an engine makes it the leader, as `user` (null: the container's own).
 * What is gone already is no error.
 */
export const signalExecuted = async (
  docker: Docker,
  container: string,
  pid: number,
  name: 'TERM' | 'KILL',
  user: string | null,
): Promise<void> => {
  const kill = await docker.getContainer(container).exec({
    Cmd: ['sh', '-c', 'kill -"$1" -"$2" 2>/dev/null || kill -"$1" "$2" 2>/dev/null || :', 'berth', name, String(pid)],
    ...(user !== null && { User: user }),
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: AbortSignal.timeout(answerWithinMs),
  });
  const stream = await startWithin(kill, { hijack: true, stdin: false });
  const timer = setTimeout(() => stream.destroy(), answerWithinMs);
  try {
    for await (const _ of stream);
  } catch {
    // How it went is seen by whether the process is gone.
  } finally {
    clearTimeout(timer);
  }
};

const isGone = async (exec: Docker.Exec, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { Running } = await exec.inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) });
    if (!Running) return true;
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
};
