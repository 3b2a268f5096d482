import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
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
  readonly streams?: ChildStreams;
}

/** What a command that reads or writes a stream needs besides. */
export interface ChildStreams {
  /** Its standard input, nothing unless said; and what it inherits as 3, 4, …: a socket of ours, or a new pipe (`child.stdio`). */
  readonly stdin?: Socket;
  readonly more?: readonly (Socket | 'pipe')[];
  /** Takes its standard output as bytes, instead of `onLine`. */
  readonly onOutput?: (output: Readable) => void;
  /** Once it runs. */
  readonly onStarted?: (child: ChildProcess & { readonly pid: number }) => void;
  /** When it is being stopped, right after the first signal. */
  readonly onStop?: () => void;
  /** When the process is gone, though streams of it may still be open. */
  readonly onExit?: () => void;
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
  const { argv, signal, deadlineMs, graceMs, onLine, streams = {} } = request;
  let stopped: FailureKind | null = null;
  const begun = start(request);
  const child = begun instanceof Error ? null : begun;
  const ended = new AbortController();
  const stop = (why: FailureKind) => {
    if (stopped !== null) return;
    stopped = why;
    child?.kill('SIGINT');
    streams.onStop?.();
    void sleep(graceMs, undefined, { signal: ended.signal }).then(
      () => child?.kill('SIGKILL'),
      () => undefined,
    );
  };
  const record = createRecord((line) => {
    const why = hopelessLine(line);
    if (why !== null) stop(why);
  });
  const notStarted = (error: unknown): ChildEnd => {
    record.stderr(error instanceof Error ? error.message : `${argv[0]} could not be started`);
    return { stopped, exitCode: null, started: false, record };
  };
  if (child === null) return notStarted(begun);
  const { pid } = child;
  if (pid === undefined) return notStarted((await once(child, 'error'))[0]);
  child.on('error', (error) => record.stderr(error.message));
  const stdout = createLines(longestLine, (line) => onLine(line, record));
  const stderr = createLines(longestLine, record.stderr);
  if (streams.onOutput === undefined) child.stdout?.on('data', (chunk: Uint8Array) => stdout.write(chunk));
  else if (child.stdout !== null) streams.onOutput(child.stdout);
  child.stderr?.on('data', (chunk: Uint8Array) => stderr.write(chunk));
  child.on('exit', () => streams.onExit?.());
  const onAbort = () => stop('cancelled');
  const closed = once(child, 'close');
  streams.onStarted?.(Object.assign(child, { pid }));
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const deadline = setTimeout(stop, Math.min(deadlineMs, longestTimer), 'deadline');
  try {
    await closed;
    stdout.end();
    stderr.end();
    return { stopped, exitCode: child.exitCode, started: true, record };
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', onAbort);
    ended.abort();
  }
};

const start = ({ argv, env, directory, toOwnOutput = false, streams = {} }: ChildRequest): ChildProcess | Error => {
  const [program, ...args] = argv;
  try {
    return spawn(program, args, {
      env: { ...env },
      ...(directory !== undefined && { cwd: directory }),
      stdio: [streams.stdin ?? 'ignore', toOwnOutput ? 'inherit' : 'pipe', 'pipe', ...(streams.more ?? [])],
      // A group of its own: Ctrl-C at the terminal would reach restic too, and on a second SIGINT, ours, it leaves its lock.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
