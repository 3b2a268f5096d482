import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

/** An answer of the receiver, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * A raw client of the receiver's REST API, free of restic's good manners: `command` is an ssh that runs `receive`.
 * Ends its process when disposed.
 */
export class RestClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #session: ClientHttp2Session;
  readonly #exited: Promise<number | null>;
  /** What the session said on stderr; complete once the process has ended. */
  readonly stderr: Promise<string>;

  constructor(command: readonly string[]) {
    const [program = '', ...words] = command;
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.on('exit', resolve).on('error', () => resolve(null)));
    this.stderr = text(child.stderr);
    child.stdin.on('error', () => undefined);
    const connection = Duplex.from({ writable: child.stdin, readable: child.stdout });
    connection.on('error', () => undefined);
    this.#session = connect('http://localhost', { createConnection: () => connection });
    this.#session.on('error', () => undefined);
  }

  /** Rejects when the connection ends before the answer does. */
  request(
    method: string,
    path: string,
    body: Buffer | null = null,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const length = body === null ? {} : { 'content-length': String(body.length) };
    return new Promise((resolve, reject) => {
      const stream = this.#session.request(
        { ':method': method, ':path': path, accept: 'application/vnd.x.restic.rest.v2', ...length, ...headers },
        { endStream: body === null },
      );
      const chunks: Buffer[] = [];
      let got: IncomingHttpHeaders | null = null;
      stream.on('response', (answered) => {
        got = answered;
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        if (got === null || stream.rstCode !== 0) reject(new Error('the connection ended before the answer'));
        else resolve({ status: Number(got[':status']), headers: got, body: Buffer.concat(chunks) });
      });
      if (body !== null) stream.end(body);
    });
  }

  /** Exit code of the client's process, which ends when the server's session does. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session.destroy();
    this.#child.stdin?.destroy();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** An object of random bytes, and where it goes. */
export const randomObject = (size: number, type = 'data') => {
  const bytes = randomBytes(size);
  const name = createHash('sha256').update(bytes).digest('hex');
  return { bytes, name, path: `/${type}/${name}` };
};
