import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type FailureKind, hopelessLine } from './classify.ts';
import { createLines } from './lines.ts';
import { createRecord, type Record } from './record.ts';

/** One start of restic. */
export interface ChildRequest {
  /** Program and arguments, `nice` and `ionice` in front. */
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<{ [name: string]: string }>;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs: number;
  /** How long restic may take to remove its lock after SIGINT before it is killed. */
  readonly graceMs: number;
  /** Where it runs; this process's own folder unless said. */
  readonly directory?: string | undefined;
  readonly onLine: (line: string, record: Record) => void;
  /** True for output that is no lines: it goes where this process's own does. */
  readonly toOwnOutput?: boolean;
}

/** How it ended: why we stopped it (null when it ended by itself), its exit code (null when a signal ended it). */
export interface ChildEnd {
  readonly stopped: FailureKind | null;
  readonly exitCode: number | null;
  readonly started: boolean;
  readonly record: Record;
}

/** `restic snapshots` prints thousands of snapshots as one line. */
const longestLine = 64 * 1024 * 1024;

/** setTimeout fires at once for more. */
const longestTimer = 2 ** 31 - 1;

/**
 * Runs restic to its end, streaming. It stops early when `signal` aborts, when the deadline passes, or when a line says
 * that waiting is pointless: SIGINT first, on which restic removes its lock (0.14 does not on SIGTERM), then SIGKILL,
 * because restic first finishes what it uploads, minutes on a slow line.
 */
export const runChild = async (request: ChildRequest): Promise<ChildEnd> => {
  const { argv, env, signal, deadlineMs, graceMs, directory, onLine, toOwnOutput = false } = request;
  let stopped: FailureKind | null = null;
  const [program, ...args] = argv;
  const ended = new AbortController();
  const stop = (why: FailureKind) => {
    if (stopped !== null) return;
    stopped = why;
    child.kill('SIGINT');
    void sleep(graceMs, undefined, { signal: ended.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  };
  const record = createRecord((line) => {
    const why = hopelessLine(line);
    if (why !== null) stop(why);
  });
  const child = execa(program, args, {
    env: { ...env },
    extendEnv: false,
    ...(directory !== undefined && { cwd: directory }),
    stdin: 'ignore',
    stdout: toOwnOutput ? ('inherit' as const) : ('pipe' as const),
    stderr: 'pipe',
    buffer: false,
    reject: false,
    stripFinalNewline: false,
    // A group of its own: Ctrl-C at the terminal would reach restic too, and on a second SIGINT, ours, it leaves its lock.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const stdout = createLines(longestLine, (line) => onLine(line, record));
  const stderr = createLines(longestLine, record.stderr);
  child.stdout?.on('data', (chunk: Uint8Array) => stdout.write(chunk));
  child.stderr.on('data', (chunk: Uint8Array) => stderr.write(chunk));
  const onAbort = () => stop('cancelled');
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const deadline = setTimeout(stop, Math.min(deadlineMs, longestTimer), 'deadline');
  try {
    const result = await child;
    stdout.end();
    stderr.end();
    const started = result.exitCode !== undefined || result.signal !== undefined;
    if (!started) record.stderr(result.originalMessage ?? `${program} could not be started`);
    return { stopped, exitCode: result.exitCode ?? null, started, record };
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', onAbort);
    ended.abort();
  }
};
