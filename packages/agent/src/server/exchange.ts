import { Agent, type ClientRequest, request } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One question. `body` is sent as JSON; none when it is absent. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly deadlineMs: number;
}

/** What came back; `body` is null where there was none. */
export interface RawAnswer {
  readonly status: number;
  readonly body: unknown;
}

const maxBodyBytes = 1_048_576;

/**
 * HTTP/1.1 with JSON over one stream that stays open between questions, which are asked one after the other. Rejects when the stream
 * ends, the deadline passes, or the answer is no JSON or above 1 MiB; after that the stream is of no use any more.
 */
export const createExchange = (stream: Duplex): ((question: Question) => Promise<RawAnswer>) => {
  const agent = new StreamAgent(stream);
  let ended: Error | null = null;
  stream.once('close', () => {
    ended ??= new Error('the control channel ended');
  });
  return (question) => (ended === null ? ask(agent, question) : Promise.reject(ended));
};

/** Gives every request the same stream, and leaves out what only sockets of the system have. */
class StreamAgent extends Agent {
  readonly #stream: Duplex;

  constructor(stream: Duplex) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#stream = stream;
  }

  override createConnection(): Duplex {
    return this.#stream;
  }

  override keepSocketAlive(): boolean {
    return true;
  }

  override reuseSocket(socket: Duplex, asked: ClientRequest): void {
    // The original takes off the guard that Node has put before a socket of the system, which ends it when it is read from.
    if (socket instanceof Socket) super.reuseSocket(socket, asked);
  }
}

const ask = (agent: Agent, { method, path, body, deadlineMs }: Question): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const content = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      ...(content !== null && { 'content-type': 'application/json', 'content-length': content.length }),
    };
    const signal = AbortSignal.timeout(deadlineMs);
    const asked = request({ agent, method, path, host: 'berth', signal, headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBodyBytes) response.destroy(new Error('the answer is longer than 1 MiB'));
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        try {
          resolve({ status: response.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) });
        } catch {
          reject(new Error('the answer is no JSON'));
        }
      });
    });
    asked.on('error', reject);
    asked.end(content ?? undefined);
  });
