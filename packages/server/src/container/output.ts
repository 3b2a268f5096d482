import { PassThrough, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';

/** What a program said in a container, and how it ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a program in a running container, as its root. */
export const execIn = async (
  docker: Docker,
  container: Docker.Container,
  words: readonly string[],
): Promise<Ending> => {
  const run = await container.exec({ Cmd: [...words], AttachStdout: true, AttachStderr: true });
  const output = await textOf(docker, await run.start({}));
  return { exitCode: (await run.inspect()).ExitCode, output };
};

/** The last lines a container said, both streams together. */
export const lastLinesOf = async (container: Docker.Container, lines: number): Promise<string> => {
  const framed = await container.logs({ stdout: true, stderr: true, follow: false, tail: lines });
  const text = new Collector();
  demultiplex(framed, text.stream);
  return text.end();
};

/** Passes on what a container says until it ends or `signal` does. */
export const followOutput = async (
  docker: Docker,
  container: Docker.Container,
  wishes: { readonly lines: number; readonly to: Writable; readonly signal: AbortSignal },
): Promise<void> => {
  const { lines, to, signal } = wishes;
  const live = await container.logs({ stdout: true, stderr: true, follow: true, tail: lines, abortSignal: signal });
  docker.modem.demuxStream(live, to, to);
  await finished(live, { writable: false }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

const textOf = async (docker: Docker, framed: NodeJS.ReadableStream): Promise<string> => {
  const text = new Collector();
  docker.modem.demuxStream(framed, text.stream, text.stream);
  await finished(framed, { writable: false });
  return text.end();
};

/** Logs that are not followed come as one buffer of frames: 4 bytes kind, 4 bytes length, content. */
const demultiplex = (framed: Buffer, to: Writable): void => {
  for (let at = 0; at + 8 <= framed.length; ) {
    const end = at + 8 + framed.readUInt32BE(at + 4);
    to.write(framed.subarray(at + 8, end));
    at = end;
  }
};

class Collector {
  readonly stream = new PassThrough();
  readonly #chunks: Buffer[] = [];

  constructor() {
    this.stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  async end(): Promise<string> {
    this.stream.end();
    await finished(this.stream);
    return Buffer.concat(this.#chunks).toString('utf8').trim();
  }
}
