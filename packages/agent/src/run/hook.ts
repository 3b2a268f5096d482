import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { createLines } from '@berth/common/restic/lines.ts';
import { execa } from 'execa';
import type { Hook } from '../config/schema.ts';

/** How a hook ended. `words` are its output, standard output and error as they came, bounded. */
export interface HookEnd {
  readonly outcome: 'ok' | 'failed' | 'cancelled';
  readonly reason: 'hook-failed' | 'hook-timeout' | 'cancelled' | null;
  readonly words: readonly string[];
}

const mostLines = 200;
const graceMs = 5_000;

/**
 * Runs one hook through /bin/sh, in a process group of its own, and ends the whole group at its time limit or when `signal` aborts:
 * SIGTERM, after 5 s SIGKILL. Its standard input is empty. `env` comes on top of the agent's own, from which restic's variables are
 * taken away.
 */
export const runHook = async (
  hook: Hook,
  env: Readonly<{ [name: string]: string }>,
  signal: AbortSignal,
): Promise<HookEnd> => {
  const kept: string[] = [];
  const keep = createLines(500, (line) => {
    kept.push(printable(line));
    if (kept.length > mostLines) kept.shift();
  });
  let stopped: 'hook-timeout' | 'cancelled' | null = null;
  const child = execa('/bin/sh', ['-c', hook.run], {
    env: { ...withoutRestic(process.env), ...env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    detached: true,
  });
  const ended = new AbortController();
  const stop = (why: 'hook-timeout' | 'cancelled') => {
    if (stopped !== null) return;
    stopped = why;
    killGroup(child.pid, 'SIGTERM');
    void sleep(graceMs, undefined, { signal: ended.signal }).then(
      () => killGroup(child.pid, 'SIGKILL'),
      () => undefined,
    );
  };
  const onAbort = () => stop('cancelled');
  const limit = setTimeout(stop, Math.min(hook.timeout, 2 ** 31 - 1), 'hook-timeout');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  child.all.on('data', (chunk: Uint8Array) => keep.write(chunk));
  try {
    const result = await child;
    keep.end();
    if (stopped === 'cancelled') return { outcome: 'cancelled', reason: 'cancelled', words: kept };
    if (stopped === 'hook-timeout') return { outcome: 'failed', reason: 'hook-timeout', words: kept };
    if (result.exitCode === 0) return { outcome: 'ok', reason: null, words: kept };
    const how = result.exitCode === undefined ? (result.signal ?? 'not started') : `exit code ${result.exitCode}`;
    return { outcome: 'failed', reason: 'hook-failed', words: [...kept, `the hook ended with ${how}`] };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
    ended.abort();
  }
};

const killGroup = (pid: number | undefined, name: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
};

const withoutRestic = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('RESTIC_')));

const printable = (line: string): string => stripVTControlCharacters(line).replace(/\p{Cc}/gu, ' ');
