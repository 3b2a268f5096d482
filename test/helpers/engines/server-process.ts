import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;

/** A server of a test: started in a group of its own, awaited until `isUp`, ended with all it started. */
export const startServer = async (
  argv: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
  isUp: () => Promise<boolean>,
) => {
  const [program = '', ...args] = argv;
  const said: string[] = [];
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const hear = (chunk: Buffer): void => {
    said.push(chunk.toString());
    if (said.length > 200) said.shift();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
    await ended;
  };
  const deadline = performance.now() + patienceMs;
  while (!(await isUp())) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await kill();
      throw new Error(`${program} did not start: ${said.join('').slice(-4000)}`);
    }
    await sleep(50);
  }
  return { pid: child.pid ?? 0, said, kill, [Symbol.asyncDispose]: kill };
};
