import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { createLines } from '@berth/common/restic/lines.ts';
import type Docker from 'dockerode';
import type { Container, ExecRequest } from './containers.ts';
import { demultiplex } from './demultiplex.ts';
import { engineProblem } from './engine-error.ts';
import { endExecuted } from './exec-end.ts';
import { type Input, openInput } from './exec-input.ts';
import { startWithin } from './exec-start.ts';

const mostLines = 40;
const answerWithinMs = 30_000;
/** Within which the engine knows how a process ended, once its streams are closed. */
const settledWithinMs = 10_000;
/** As long as what an engine may say instead of running a program. */
const mostRefusal = 4096;

interface Ended {
  readonly code: number | null;
  readonly stderr: readonly string[];
}

/**
 * Says its number on stderr, waits for a line on stdin, and becomes the program. An agent killed before the line leaves nothing behind: the
 * engine closes stdin then, and `read` fails.
 */
const wrapper = 'echo "berth-pid $$" >&2; read -r go && exec "$@"';

/** What engines write to *stdout* when they cannot start a program, with code 126 or 127. */
const refusals = /^(?:OCI runtime exec failed|exec failed|runc |crun:|Error: |unable to find user)/;

/** Runs a process in a container to its end; see `Containers.exec`. The image's `sh` gives the process a number to be ended by. */
export const execIn = async (
  docker: Docker,
  where: string,
  container: Container,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<Ended> => {
  const wrapped = await attempt(docker, where, container, request, signal, true);
  return wrapped ?? (await attempt(docker, where, container, request, signal, false)) ?? noEnd();
};

const noEnd = (): never => {
  throw new Error('a process without a shell has no second way');
};

/** Null when the image has no shell to wrap the program in. */
const attempt = async (
  docker: Docker,
  where: string,
  container: Container,
  request: ExecRequest,
  signal: AbortSignal,
  isWrapped: boolean,
): Promise<Ended | null> => {
  if (signal.aborted) throw cancelled();
  const asked = `run ${request.argv[0]} in ${container.name}`;
  const problem = (cause: unknown): Problem => engineProblem(cause, where, asked);
  const { exec, socket } = await begin(docker, container, request, isWrapped).catch((cause: unknown) => {
    throw problem(cause);
  });
  const input = openInput(socket);
  const heard = listen(isWrapped, request, input);
  let isStopped = false;
  const stopping = Promise.withResolvers<void>();
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    heard.mute();
    endExecuted({ docker, exec, socket, container, pid: heard.pid(), user: request.user ?? null }).then(
      () => stopping.resolve(),
      (cause: unknown) => stopping.reject(problem(cause)),
    );
  };
  signal.addEventListener('abort', stop, { once: true });
  // It may have been aborted while the engine was being asked.
  if (signal.aborted) stop();
  const failures: unknown[] = [];
  const guarded = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      if (!isStopped) failures.push(error);
      stop();
    });
  try {
    const reading = guarded(heard.read(socket));
    const feeding = guarded(input.fed);
    await Promise.race([Promise.all([reading, feeding]), stopping.promise]);
    if (isStopped) await stopping.promise;
    if (signal.aborted) throw cancelled();
    const [failure] = failures;
    if (failure !== undefined) throw failure instanceof EngineFailure ? problem(failure.cause) : failure;
    const code = await endOf(exec).catch((cause: unknown) => {
      throw problem(cause);
    });
    return judge(heard.end(), code, isWrapped, container, request);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
};

const begin = async (
  docker: Docker,
  container: Container,
  { argv, env, user }: ExecRequest,
  isWrapped: boolean,
): Promise<{ readonly exec: Docker.Exec; readonly socket: Duplex }> => {
  const exec = await docker.getContainer(container.id).exec({
    Cmd: isWrapped ? ['sh', '-c', wrapper, 'berth', ...argv] : [...argv],
    Env: Object.entries({ LC_ALL: 'C.UTF-8', ...env }).map(([name, value]) => `${name}=${value}`),
    ...(user != null && { User: user }),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    abortSignal: AbortSignal.timeout(answerWithinMs),
  });
  return { exec, socket: await startWithin(exec, { hijack: true, stdin: true, Tty: false }) };
};

/** A failure of the connection, not of whoever takes the bytes. */
class EngineFailure extends Error {}

interface Heard {
  /** What the engine said on stdout before there was a process, or instead of it. */
  readonly refusal: string;
  readonly hasBegun: boolean;
  readonly wroteOut: boolean;
  readonly stderr: readonly string[];
}

const listen = (isWrapped: boolean, request: ExecRequest, input: Input) => {
  const stderr: string[] = [];
  let pid: number | null = null;
  let isMuted = false;
  let wroteOut = false;
  let begun: Promise<void> | null = null;
  let held: Uint8Array = new Uint8Array();
  let isHeld = true;
  const lines = createLines(500, (line) => {
    const number = isWrapped && pid === null ? /^berth-pid (\d+)$/.exec(line)?.[1] : undefined;
    if (number === undefined) {
      stderr.push(stripVTControlCharacters(line).replace(/\p{Cc}/gu, ' '));
      if (stderr.length > mostLines) stderr.shift();
      return;
    }
    pid = Number(number);
    begun = letBegin(pid);
  });
  const letBegin = async (number: number): Promise<void> => {
    await request.onPid?.(number);
    if (!isMuted) input.go('\n', request.stdin);
  };
  const pass = async (chunk: Uint8Array): Promise<void> => {
    if (isMuted || chunk.length === 0) return;
    wroteOut = true;
    await request.onStdout?.(chunk);
  };
  const takeOut = async (chunk: Uint8Array): Promise<void> => {
    if (!isHeld) return pass(chunk);
    // Before it has begun only the engine can have written this.
    if (isWrapped && pid !== null) {
      isHeld = false;
      return pass(chunk);
    }
    held = Buffer.concat([held, chunk]);
    if (isWrapped || held.length < mostRefusal) {
      held = held.subarray(0, mostRefusal);
      return;
    }
    isHeld = false;
    await pass(held);
  };
  return {
    pid: () => pid,
    mute: () => {
      isMuted = true;
    },
    read: async (socket: AsyncIterable<Uint8Array>): Promise<void> => {
      if (!isWrapped) input.go('', request.stdin);
      for await (const { from, chunk } of demultiplex(fromEngine(socket))) {
        if (from === 'stderr') lines.write(chunk);
        if (begun !== null) await begun;
        if (from === 'stdout') await takeOut(chunk);
      }
      lines.end();
      input.close();
      const isOwn = isWrapped ? false : !refusals.test(Buffer.from(held).toString());
      if (isHeld && isOwn) {
        isHeld = false;
        await pass(held);
      }
    },
    end: (): Heard => ({
      refusal: isHeld ? Buffer.from(held).toString() : '',
      hasBegun: isWrapped ? pid !== null : !isHeld || held.length === 0,
      wroteOut,
      stderr,
    }),
  };
};

async function* fromEngine(socket: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket) yield chunk;
  } catch (cause) {
    throw new EngineFailure('', { cause });
  }
}

/** Podman 4.3 answers code 0 while the process still runs: only what is not running has a code. */
const endOf = async (exec: Docker.Exec): Promise<number | null> => {
  const deadline = performance.now() + settledWithinMs;
  for (;;) {
    const { Running, ExitCode } = await exec.inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) });
    if (!Running) return ExitCode;
    if (performance.now() > deadline) throw new Error('the process closed its output, and still runs');
    await sleep(50);
  }
};

const judge = (
  heard: Heard,
  code: number | null,
  isWrapped: boolean,
  container: Container,
  { argv: [program] }: ExecRequest,
): Ended | null => {
  const isNoProgram = code === 126 || code === 127;
  if (heard.hasBegun) {
    if (isNoProgram && !heard.wroteOut) throw missing(program, container);
    return { code, stderr: heard.stderr };
  }
  const isMissing = /executable file not found|no such file or directory|not found/i.test(heard.refusal);
  if (isNoProgram && isMissing) {
    if (isWrapped) return null;
    throw missing(program, container);
  }
  throw new Problem(
    'engine-refused',
    `The engine did not run ${program} in ${container.name}: ${heard.refusal.trim().slice(0, 500) || heard.stderr.join(' ') || 'it said nothing'}`,
    `Try it by hand: docker exec ${container.name} ${program} --version`,
  );
};

const missing = (program: string, container: Container): Problem =>
  new Problem(
    'tool-missing',
    `The container ${container.name} (${container.image}) has no program ${program}.`,
    'Take an image that has it, or reach the engine from here by host and port.',
  );
