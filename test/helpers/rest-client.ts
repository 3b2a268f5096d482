import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClientKey, Door } from './door.ts';

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
  readonly #connection: Duplex;
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
    this.#connection = connection;
    this.#session = connect('http://localhost', { createConnection: () => connection });
    this.#session.on('error', () => undefined);
    // Node stops the whole process (ERR_INTERNAL_ASSERTION) when HTTP/2 still writes to a stream that is shutting down.
    connection.on('end', () => this.#session.destroy());
    // An ssh that ends closes its pipes without a word to HTTP/2.
    child.on('close', () => connection.destroy());
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

  /** Begins an upload of `size` bytes whose body the caller writes at its own pace. */
  upload(path: string, size: number): ClientHttp2Stream {
    const stream = this.#session.request({ ':method': 'POST', ':path': path, 'content-length': String(size) });
    stream.on('error', () => undefined);
    return stream;
  }

  /** Exit code of the client's process, which ends when the server's session does. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.destroy();
    this.#child.stdin?.destroy();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** A raw client of `source` at this receiver; `port` is another one where a proxy stands in between. */
export const restClientOf = async (
  receiver: Door,
  source: string,
  key: ClientKey,
  port = receiver.port,
): Promise<RestClient> => {
  const alias = ['-o', `HostKeyAlias=[127.0.0.1]:${receiver.port}`, '-p', String(port)];
  const options = [...(await receiver.sshOptions(key)), ...alias];
  return new RestClient(['ssh', ...options, `${receiver.login(source)}@127.0.0.1`, 'receive']);
};

/** An object of random bytes, and where it goes. */
export const randomObject = (size: number, type = 'data') => {
  const bytes = randomBytes(size);
  const name = createHash('sha256').update(bytes).digest('hex');
  return { bytes, name, path: `/${type}/${name}` };
};
