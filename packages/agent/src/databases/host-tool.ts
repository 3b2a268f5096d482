import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { createLines } from '@berth/common/restic/lines.ts';
import { execa } from 'execa';
import { drained } from './drained.ts';
import { type Person, personOf } from './person.ts';
import type { ToolCommand, ToolEnd } from './tool.ts';

const usualGraceMs = 5_000;
const mostLines = 40;

/** Runs a tool on this machine; see `RunTool`. Its environment is PATH, HOME, LC_ALL and what the command brings. */
export const runHostTool = async (
  command: ToolCommand,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  graceMs = usualGraceMs,
): Promise<ToolEnd> => {
  if (signal.aborted) throw cancelled();
  const person = command.as == null ? null : await personOf(command.as);
  const [program, ...args] = command.argv;
  const child = execa(program, args, {
    env: { ...environmentOf(env, person), ...command.env },
    extendEnv: false,
    ...(person !== null && { uid: person.uid, gid: person.gid, cwd: '/' }),
    stdin: command.stdin === undefined ? 'ignore' : 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    // A group of its own, so that what it starts ends with it, and Ctrl-C is ours to pass on.
    detached: true,
  });
  const ended = new AbortController();
  const stop = (): void => {
    killGroup(child.pid, 'SIGTERM');
    void sleep(graceMs, undefined, { signal: ended.signal })
      .then(() => {
        killGroup(child.pid, 'SIGKILL');
        return sleep(graceMs, undefined, { signal: ended.signal });
      })
      .then(
        // Held by what left the group, which nobody ends: waiting for it would be waiting without end.
        () => [child.stdin, child.stdout, child.stderr].map((stream) => stream?.destroy()),
        () => undefined,
      );
  };
  signal.addEventListener('abort', stop, { once: true });
  const stderr: string[] = [];
  const lines = createLines(500, (line) => {
    stderr.push(stripVTControlCharacters(line).replace(/\p{Cc}/gu, ' '));
    if (stderr.length > mostLines) stderr.shift();
  });
  child.stderr.on('data', (chunk: Uint8Array) => lines.write(chunk));
  const reading = read(child.stdout, command.onStdout ?? (() => undefined)).catch((error: unknown) => {
    stop();
    throw error;
  });
  const writing =
    command.stdin === undefined
      ? null
      : feed(child.stdin, command.stdin).catch((error: unknown) => {
          stop();
          throw error;
        });
  try {
    const [result, read, fed] = await Promise.all([child, settled(reading), settled(writing ?? Promise.resolve())]);
    lines.end();
    if (result.code === 'ENOENT') throw missing(program);
    if (signal.aborted) throw cancelled();
    for (const end of [read, fed]) if (!end.ok) throw end.error;
    return { code: result.exitCode ?? null, stderr };
  } finally {
    signal.removeEventListener('abort', stop);
    ended.abort();
  }
};

/** By events: an iterator makes promises for each piece of a dump, and there are thousands in every GiB. */
const read = async (stdout: Readable, onStdout: (chunk: Uint8Array) => void | Promise<void>): Promise<void> => {
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    stdout.destroy();
  };
  let taking: Promise<void> | null = null;
  const take = (chunk: unknown): void | Promise<void> => {
    if (!(chunk instanceof Uint8Array)) throw new Error('a tool spoke no bytes');
    if (failures.length === 0) return onStdout(chunk);
  };
  stdout.on('data', (chunk: unknown) => {
    try {
      // Node lets the streams of a process flow when it exits, also the paused ones: what comes then waits for its turn.
      const taken = taking === null ? take(chunk) : taking.then(() => take(chunk));
      if (taken === undefined) return;
      stdout.pause();
      const turn = taken.catch(fail).then(() => {
        if (taking !== turn) return;
        taking = null;
        stdout.resume();
      });
      taking = turn;
    } catch (error) {
      fail(error);
    }
  });
  const end = await settled(finished(stdout, { writable: false }));
  // A socket ends also while it is paused.
  await taking;
  if (failures.length > 0) throw failures[0];
  if (!end.ok) throw end.error;
};

/** A tool that has read enough closes its input, which is its right: how it ended says whether all is well. */
const feed = async (stdin: NodeJS.WritableStream | null, chunks: AsyncIterable<Uint8Array>): Promise<void> => {
  if (stdin === null) return;
  let isClosed = false;
  stdin.on('error', () => {
    isClosed = true;
  });
  stdin.on('close', () => {
    isClosed = true;
  });
  for await (const chunk of chunks) {
    if (isClosed) return;
    if (!stdin.write(chunk)) await drained(stdin);
  }
  stdin.end();
};

type Settled = { readonly ok: true } | { readonly ok: false; readonly error: unknown };
const settled = (work: Promise<void>): Promise<Settled> =>
  work.then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, error }),
  );

const environmentOf = (env: NodeJS.ProcessEnv, person: Person | null): Record<string, string> => ({
  PATH: env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: person?.home ?? env['HOME'] ?? '/',
  LC_ALL: 'C.UTF-8',
});

const killGroup = (pid: number | undefined, name: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It ended by itself in the meantime.
  }
};

const missing = (program: string): Problem =>
  new Problem(
    'tool-missing',
    `The program ${program} is not installed here.`,
    'Install it, or name the container it is in.',
  );
