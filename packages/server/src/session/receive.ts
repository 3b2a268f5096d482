import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { handle } from '../rest/handle.ts';
import { type Response, say } from '../rest/message.ts';
import type { Reading } from '../store/open.ts';

const mebibyte = 1024 * 1024;

/**
 * Speaks the restic REST API over HTTP/2 on `connection`, as restic does with a program it starts (restic:
 * internal/backend/rclone), from a store, or from a view of its past. Resolves when the connection has ended and every request has been answered or given up.
 * `complain` gets one line for each fault of the disk.
 */
export const receive = async (connection: Duplex, store: Reading, complain: (line: string) => void): Promise<void> => {
  const session = performServerHandshake(connection, {
    settings: {
      enablePush: false,
      maxConcurrentStreams: 64,
      // Node's 64 KiB windows make every 64 KiB wait for a round trip: 60 MB at 30 ms took 33.8 s, and 2.1 s with 16 MiB.
      // ssh's channel lets no more than 2 MiB under way, so more here would only wait in memory for a slow disk.
      initialWindowSize: 2 * mebibyte,
      maxFrameSize: mebibyte,
      maxHeaderListSize: 16 * 1024,
    },
    maxSessionMemory: 64,
  });
  session.setLocalWindowSize(32 * mebibyte);

  const requests = new Set<Promise<void>>();
  session.on('stream', (stream, headers) => {
    const request = serve(store, stream, headers, complain).finally(() => requests.delete(request));
    requests.add(request);
  });
  await ended(session, connection);
  await Promise.allSettled(requests);
};

/** A connection that breaks is an ordinary end: the client is gone, and only what was answered counts. */
const ended = (session: ServerHttp2Session, connection: Duplex): Promise<void> =>
  new Promise((resolve) => {
    session.on('error', () => undefined);
    connection.on('error', () => undefined);
    connection.on('end', () => session.destroy());
    session.on('close', resolve);
  });

const serve = async (
  store: Reading,
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, unknown>>,
  complain: (line: string) => void,
): Promise<void> => {
  stream.on('error', () => undefined);
  const response = await answer(store, stream, headers).catch((error: unknown) => {
    complain(`berth: the server's disk failed: ${error instanceof Error ? error.message : String(error)}`);
    return say(500, "the server's disk failed");
  });
  await send(stream, response, headers[':method'] === 'HEAD');
};

const answer = (store: Reading, stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) =>
  handle(store, {
    method: text(headers[':method']) ?? '',
    path: text(headers[':path']) ?? '',
    accept: text(headers['accept']),
    range: text(headers['range']),
    contentLength: text(headers['content-length']),
    body: stream,
  });

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const send = async (stream: ServerHttp2Stream, response: Response, isHead: boolean): Promise<void> => {
  if (stream.destroyed || stream.closed) {
    await giveUp(response);
    return;
  }
  const headers = { ':status': response.status, ...response.headers };
  try {
    if (isHead) {
      stream.respond(headers, { endStream: true });
    } else if (typeof response.body === 'string') {
      stream.respond({ 'content-length': String(Buffer.byteLength(response.body)), ...headers });
      stream.end(response.body);
    } else {
      stream.respond(headers);
      await pipeline(Readable.from(response.body, { objectMode: false }), stream);
    }
  } catch {
    // The client went away while we answered; there is nobody left to tell.
    await giveUp(response);
  }
  // A body that we did not need is not waited for (RFC 9113, 8.1).
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
};

const giveUp = async ({ body }: Response): Promise<void> => {
  if (typeof body !== 'string') await body[Symbol.asyncIterator]().return?.();
};
